import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { SHARED_DIR, sharedImage, sharedImageNames } from "./simulated-osquery/images.ts";

const CORPUS = resolve(SHARED_DIR, "data/vulnerabilities");

/** Are the shared feeds there? Tests over all of their versions are skipped without them. */
export const HAS_CORPUS = existsSync(resolve(CORPUS, "README.md"));
export const CORPUS_MISSING = `needs the shared vulnerability feeds (${CORPUS}); set MUSTER_SHARED_DIR`;

/** Every distinct version of a deb in the shared inventories, and in the feeds of Debian and Ubuntu. */
export function debVersions(): string[] {
  const feeds = [
    ...matches("osv/debian-osv-*.lean.jsonl.gz", /"(?:fixed|last_affected)":"([^"]+)"/g),
    ...matches("ubuntu/cve-tracker-*.jsonl.gz", /"status":"released","note":"([^"]+)"/g),
    ...matches("ubuntu/oval-rebuilt/*.xml.gz", /less than">([^<]+)</g),
    ...matches("debian/*-binary-source.tsv.gz", /\t(\d[\w.+~:-]*)(?=[\t\n])/g),
  ].map(([, version = ""]) => version);
  return distinct([...rows("deb_packages").map((row) => row["version"] ?? ""), ...feeds]);
}

/** Every distinct `[epoch:]version-release` of the shared inventories, and of the feeds of Red Hat, Rocky Linux and Amazon. */
export function rpmVersions(): string[] {
  const installed = rows("rpm_packages").map(({ epoch = "", version = "", release = "" }) => {
    const whole = release === "" || version.endsWith(`-${release}`) ? version : `${version}-${release}`;
    return epoch === "" || whole.includes(":") ? whole : `${epoch}:${whole}`;
  });
  const amazon = matches("amazon/*.xml.gz", /epoch="(\d+)" name="[^"]*" release="([^"]+)" version="([^"]+)"/g);
  const feeds = [
    ...matches("osv/rocky-linux-osv-*.jsonl.gz", /"(?:fixed|last_affected)":"([^"]+)"/g),
    ...matches("redhat/security-data-api-*.jsonl.gz", /"package":"[^"]+?-(\d+:[^-"]+-[^-"]+)"/g),
    ...matches("redhat/oval-rebuilt/*.xml.gz", />(\d+:[^<-]+-[^<-]+)</g),
  ].map(([, version = ""]) => version);
  return distinct([
    ...installed,
    ...amazon.map(([, epoch = "", release = "", version = ""]) => `${epoch}:${version}-${release}`),
    ...feeds,
  ]);
}

function rows(table: string) {
  return sharedImageNames().flatMap((name) => sharedImage(name).tables?.[table] ?? []);
}

function matches(files: string, pattern: RegExp): RegExpExecArray[] {
  const paths = globSync(resolve(CORPUS, files)).toSorted();
  return paths.flatMap((path) => [...gunzipSync(readFileSync(path)).toString("utf8").matchAll(pattern)]);
}

function distinct(versions: readonly string[]): string[] {
  return [...new Set(versions)].filter((version) => version !== "").toSorted();
}
