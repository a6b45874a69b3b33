import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Match } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { explainCase, runCase } from "./measure.ts";
import type { QualityCase } from "./quality-case.ts";
import { runQuality } from "./run-quality.ts";

const INVENTORIES = join(SHARED_DIR, "data/inventories");

/** The hosts whose vulnerabilities OpenSCAP listed in mid 2022, with their operating systems. */
const HOSTS: readonly [image: string, os: QualityCase["os"]][] = [
  ["linux-rhel-7.9-desktop-fleet", { platform: "rhel", name: "Red Hat Enterprise Linux", version: "7.9" }],
  ["linux-rhel-9.0-desktop-fleet", { platform: "rhel", name: "Red Hat Enterprise Linux", version: "9.0" }],
  ["linux-ubuntu-22.04-desktop-fleet", { platform: "ubuntu", name: "Ubuntu", version: "22.04" }],
  ["linux-ubuntu-16.04-desktop-fleet", { platform: "ubuntu", name: "Ubuntu", version: "16.04" }],
];

type Row = Record<string, string> & { name: string };

/** A host's findings with the whole corpus, against the list. */
export interface HostDifference {
  image: string;
  expected: number;
  /** Of the list, found as well. */
  same: number;
  /** By reason: those of the list that the newer data no longer has, and those that only it has. */
  missing: Map<string, string[]>;
  added: Map<string, string[]>;
}

/** Compares each host's list with what the whole corpus says: every CVE of either side under one reason. */
export async function compareHosts(report: (line: string) => void): Promise<HostDifference[]> {
  const differences: HostDifference[] = [];
  for (const [image, os] of HOSTS) differences.push(await compareHost(image, os, report));
  return differences;
}

async function compareHost(image: string, os: QualityCase["os"], report: (line: string) => void): Promise<HostDifference> {
  const { images } = JSON.parse(gunzipSync(await readFile(join(INVENTORIES, "expected-cves.json.gz"))).toString()) as {
    images: Record<string, string[]>;
  };
  const expected = new Set(images[image]);
  const cases = await rowsOf(image, os);
  const { catalogue, index } = await runQuality(cases, report);
  const found = new Map<string, Match>();
  for (const one of cases)
    for (const [cve, match] of runCase(one, catalogue, index).found) if (!found.has(cve)) found.set(cve, match);
  const missing = group(
    [...expected].filter((cve) => !found.has(cve)),
    (cve) => {
      const told = cases
        .map((one) => explainCase(one, cve, catalogue, index))
        .filter(([first = ""]) => !first.endsWith("lists it."));
      return reasonOfMissing(told);
    },
  );
  const added = group(
    [...found.keys()].filter((cve) => !expected.has(cve)),
    (cve) => {
      const match = found.get(cve);
      return match === undefined ? "" : reasonOfAdded(match, index.records.get(match.record_id)?.feed ?? "");
    },
  );
  return { image, expected: expected.size, same: [...expected].filter((cve) => found.has(cve)).length, missing, added };
}

async function rowsOf(image: string, os: QualityCase["os"]): Promise<QualityCase[]> {
  const { tables } = JSON.parse(await readFile(join(INVENTORIES, `${image}.json`), "utf8")) as { tables: Record<string, Row[]> };
  const source = tables["rpm_packages"] === undefined ? "deb_packages" : "rpm_packages";
  return (tables[source] ?? []).map(({ name, version = "", release = "", arch = "", epoch = "", vendor = "" }, at) => ({
    id: `${image}-${at}`,
    group: image,
    os,
    software: { source, name, version, release, arch, epoch, vendor },
    label: "compared with the list of OpenSCAP",
  }));
}

function group(cves: readonly string[], reasonOf: (cve: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const cve of cves.toSorted()) {
    const reason = reasonOf(cve);
    groups.set(reason, [...(groups.get(reason) ?? []), cve]);
  }
  return groups;
}

/** In the words of whoever was heard instead. */
function reasonOfMissing(told: readonly string[][]): string {
  const text = told.flat().join("\n");
  if (text === "") return "The packages that the list counts it for are assessed under another product or not at all.";
  const heard =
    /^(Ubuntu's CVE tracker|Red Hat's security data|Red Hat's VEX|Ubuntu's VEX) .*?: (not affected|outside the range|does not hold here)/m.exec(
      text,
    );
  if (heard !== null) {
    return heard[2] === "not affected"
      ? `${heard[1]}, newer and about this release, says that it is not affected: the notice was for several releases.`
      : `${heard[1]}, newer, names a fix that the host's packages already have.`;
  }
  return /suppressed/.test(text)
    ? "The distribution itself leaves it out of its lists."
    : "What the newer data says of it does not hold for this host.";
}

/** Feeds about all products. */
const GENERAL = new Set(["nvd", "nvd-overrides", "cve-list"]);

function reasonOfAdded({ state }: Match, feed: string): string {
  const said: Partial<Record<Match["state"], string>> = {
    affected:
      "there is a fix that the host lacks; published or told after the list was made, or for a package whose notice the OVAL files of mid 2022 lack",
    unfixed: "open without a fix, which OVAL's patch definitions never list",
    will_not_fix: "will not be fixed, which OVAL's patch definitions never list",
    deferred: "its fix is deferred, which OVAL's patch definitions never list",
    possible: "possible: a condition cannot be answered",
  };
  if (GENERAL.has(feed))
    return `${feed}: of a program from its vendor's own repository, which the distribution's OVAL does not speak of.`;
  return `${feed}: ${said[state] ?? state}.`;
}
