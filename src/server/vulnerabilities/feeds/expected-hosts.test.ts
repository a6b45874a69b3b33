import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { compileCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { FeedRecord, OsScope, RecordRange } from "#domain/vulnerability/model.ts";
import { CORPUS, CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { isWithin, parsedFile, recordsOnly } from "#test/support/feed-parsing.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { parseRedhatOval } from "./redhat/redhat-oval.ts";
import { parseUbuntuOval } from "./ubuntu/ubuntu-oval.ts";

const INVENTORIES = join(SHARED_DIR, "data/inventories");

/** Four real hosts, with the CVEs that OpenSCAP found on them by the same OVAL files. */
const HOSTS = [
  ["linux-rhel-7.9-desktop-fleet", "rhel:7", "redhat/oval-rebuilt/rhel-7.oval.rebuilt.xml.gz", "7", 312],
  ["linux-rhel-9.0-desktop-fleet", "rhel:9", "redhat/oval-rebuilt/rhel-9.oval.rebuilt.xml.gz", "9", 23],
  [
    "linux-ubuntu-22.04-desktop-fleet",
    "ubuntu:22.04",
    "ubuntu/oval-rebuilt/com.ubuntu.jammy.usn.oval.rebuilt.xml.gz",
    "jammy",
    41,
  ],
  [
    "linux-ubuntu-16.04-desktop-fleet",
    "ubuntu:16.04",
    "ubuntu/oval-rebuilt/com.ubuntu.xenial.usn.oval.rebuilt.xml.gz",
    "xenial",
    713,
  ],
] as const;

interface Row {
  name: string;
  version: string;
  release?: string;
  arch: string;
  epoch?: string;
  vendor?: string;
}

async function hostRows(image: string): Promise<{ source: "deb_packages" | "rpm_packages"; rows: Row[] }> {
  const { tables } = JSON.parse(await readFile(join(INVENTORIES, `${image}.json`), "utf8")) as { tables: Record<string, Row[]> };
  const source = tables["rpm_packages"] === undefined ? "deb_packages" : "rpm_packages";
  return { source, rows: tables[source] ?? [] };
}

async function expectedCves(image: string): Promise<string[]> {
  const { images } = JSON.parse(gunzipSync(await readFile(join(INVENTORIES, "expected-cves.json.gz"))).toString()) as {
    images: Record<string, string[]>;
  };
  return (images[image] ?? []).toSorted();
}

async function ovalRecords(file: string, part: string): Promise<FeedRecord[]> {
  const parse = file.startsWith("redhat") ? parseRedhatOval : parseUbuntuOval;
  return recordsOnly(await parsedFile(parse, join(CORPUS, file), part));
}

/** By the bounds of the ranges alone: name, architecture, version. */
function byRanges(records: readonly FeedRecord[], rows: readonly Row[]): string[] {
  const named = Map.groupBy(rows, ({ name }) => name);
  const found = new Set<string>();
  for (const { affected } of records) {
    for (const { package: name, ranges } of affected) {
      for (const { version, release, arch, epoch } of named.get(name) ?? []) {
        const whole = `${epoch === undefined || epoch === "" ? "" : `${epoch}:`}${version}${release === undefined || release === "" ? "" : `-${release}`}`;
        for (const range of ranges) {
          const concerned = range.status === "affected" && (arch === "" || range.arch?.includes(arch) !== false);
          if (concerned && isWithin(range, whole, epoch === undefined || epoch !== "")) found.add(range.vulnerability);
        }
      }
    }
  }
  return [...found].toSorted();
}

/** By identity and matcher, as the server does it. */
function byMatcher(records: readonly FeedRecord[], rows: readonly Row[], source: string, scope: OsScope): string[] {
  const ranges = new Map<string, RecordRange[]>();
  for (const [record_id, { affected }] of records.entries()) {
    for (const { ecosystem, package: name, ranges: some } of affected) {
      const key = `${ecosystem}\0${name}`;
      const known = ranges.get(key) ?? [];
      ranges.set(key, known);
      known.push(...some.map((range, range_index) => ({ record_id, range_index, range })));
    }
  }
  const catalogue = compileCatalogue({ entries: [], vendor_aliases: {}, formulas: {} });
  const found = new Set<string>();
  for (const { name, version, release = "", arch, epoch = "", vendor = "" } of rows) {
    const row = {
      source,
      name,
      version,
      release,
      arch,
      vendor,
      bundle_identifier: "",
      extension_id: "",
      extension_for: "",
      browser: "",
      upgrade_code: "",
      application_id: "",
      epoch,
    };
    const identity = resolveIdentity(row, scope, catalogue);
    for (const { vulnerability } of matchSubject(identity, scope, (ecosystem, key) => ranges.get(`${ecosystem}\0${key}`) ?? [])) {
      found.add(vulnerability);
    }
  }
  return [...found].toSorted();
}

describe.skipIf(!CORPUS_HERE)(`hosts whose vulnerabilities OpenSCAP listed: ${CORPUS_MISSING}`, () => {
  test.each(HOSTS)("%s has exactly those", async (image, scopeName, file, part, number) => {
    const { source, rows } = await hostRows(image);
    const records = await ovalRecords(file, part);
    const expected = await expectedCves(image);
    expect(expected.length).toBe(number);
    expect(byRanges(records, rows)).toEqual(expected);
    expect(byMatcher(records, rows, source, { name: scopeName, family: "linux" })).toEqual(expected);
  });
});
