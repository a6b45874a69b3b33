import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { compareVersions, versionOrder } from "#domain/version/orders.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { osvEcosystem, osvPackageName, type OsvEcosystem } from "./ecosystems.ts";
import { osvItem } from "./parse.ts";
import type { OsvAffected, OsvRange, OsvRecord } from "./schema.ts";

/*
 * A sweep over real records: what each of them says, read straight off its events, must be what matching finds. Records are drawn with a seed,
 * evenly over each file, so that every run looks at the same ones.
 */
const OSV = join(SHARED_DIR, "data/vulnerabilities/osv");
const FILES = [
  "npm-ghsa-osv-2025-02",
  "npm-malicious-sample-2025-02",
  "pypi-pysec-osv-2024-10",
  "golang-vulndb-2026-08",
  "rocky-linux-osv-2025-01",
  "homebrew-2026-07",
  "debian-osv-2025-02.slice.lean",
  "mixed-ecosystems-sample",
];
const RANGES_AN_ECOSYSTEM = 300;
const RECORDS_A_FILE = 700;
const SEED = 20_261_122;

/** One package of one record, with everything that the record says of it. */
interface Said {
  record: OsvRecord;
  ecosystem: OsvEcosystem;
  name: string;
  entries: OsvAffected[];
}

const drawn: Said[] = [];

/** A sequence of numbers from 0 to 1 that is the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function recordsOf(file: string): Promise<OsvRecord[]> {
  const lines: string[] = [];
  const input = createReadStream(join(OSV, `${file}.jsonl.gz`)).pipe(createGunzip());
  for await (const line of createInterface({ input, crlfDelay: Infinity })) lines.push(line);
  const next = random(SEED);
  const share = RECORDS_A_FILE / lines.length;
  return lines.filter(() => next() < share).map((line) => JSON.parse(line) as OsvRecord);
}

function packagesOf(record: OsvRecord): Said[] {
  const said = new Map<string, Said>();
  for (const affected of record.affected ?? []) {
    const ecosystem = osvEcosystem(affected.package?.ecosystem ?? "", affected.package?.purl);
    if (ecosystem === null || ecosystem.channel !== undefined) continue;
    const name = osvPackageName(ecosystem.ecosystem, affected.package?.name ?? "");
    const key = `${ecosystem.ecosystem} ${name}`;
    const one = said.get(key) ?? { record, ecosystem, name, entries: [] };
    said.set(key, one);
    one.entries.push(affected);
  }
  return [...said.values()];
}

/** `deb:debian:12` counts with Debian's other releases, malicious packages by themselves. */
const kindOf = ({ ecosystem, record }: Said): string =>
  record.id.startsWith("MAL-") ? "malware" : ecosystem.ecosystem.split(":").slice(0, 2).join(":");

/** What is not matched by its events alone, each with a test of its own: live patches, SUSE's lists of binaries, modules, Go's custom ranges. */
function isPlain({ record, ecosystem, entries }: Said): boolean {
  const text = JSON.stringify(entries);
  if (record.id.startsWith("LSN-") || ecosystem.ecosystem.startsWith("rpm:sles")) return false;
  return !/\.module[+_]|"custom_ranges"|"urgency":"unimportant"/.test(text) && !isSuffixed(entries, record);
}

/** A Go module whose major versions have paths of their own in the record. */
function isSuffixed(entries: OsvAffected[], { affected }: OsvRecord): boolean {
  const name = entries[0]?.package?.name ?? "";
  return (affected ?? []).some(({ package: its }) => its?.ecosystem === "Go" && its.name?.startsWith(`${name}/v`) === true);
}

beforeAll(async () => {
  if (!existsSync(OSV)) return;
  const counts = new Map<string, number>();
  for (const file of FILES) {
    for (const record of await recordsOf(file)) {
      for (const said of packagesOf(record)) {
        const count = (counts.get(kindOf(said)) ?? 0) + rangesOf(said).length + (rangesOf(said).length === 0 ? 1 : 0);
        if (!isPlain(said) || count > RANGES_AN_ECOSYSTEM) continue;
        counts.set(kindOf(said), count);
        drawn.push(said);
      }
    }
  }
}, 60_000);

function rangesOf({ entries }: Pick<Said, "entries">): OsvRange[] {
  return entries.flatMap(({ ranges }) => ranges ?? []).filter(({ type }) => type !== "GIT");
}

interface Stretch {
  from: string;
  fixed?: string;
  last?: string;
}

/** A range as pairs of its beginning and what ends it; null where its events are told in another way. */
function stretchesOf({ events }: OsvRange): Stretch[] | null {
  const steps = events.flatMap((event) => Object.entries(event));
  const stretches: Stretch[] = [];
  for (const [at, [kind, version]] of steps.entries()) {
    if ((kind === "introduced") !== (at % 2 === 0)) return null;
    const open = stretches.at(-1);
    if (kind === "introduced") stretches.push({ from: version });
    else if (open !== undefined) open[kind === "last_affected" ? "last" : "fixed"] = version;
  }
  return stretches;
}

function isFound({ record, ecosystem, name }: Said, version: string): boolean {
  const item = osvItem(record, record.id, ecosystem.ecosystem);
  const ranges =
    item !== null && "affected" in item ? item.affected.filter((its) => its.package === name).flatMap((its) => its.ranges) : [];
  const { name_kind, scheme } = ecosystem;
  const identity: SubjectIdentity = {
    authority: ecosystem.ecosystem,
    status: "assessed",
    confidence: "exact",
    rule: "sweep",
    why: "sweep",
    keys: [{ ecosystem: ecosystem.ecosystem, package: name, name_kind, version, scheme }],
  };
  const read = ranges.map((range, range_index) => ({ record_id: 1, range_index, range }));
  return matchSubject(identity, { name: "", family: "linux" }, () => read).length > 0;
}

/** Whether any of the stretches holds a version; null where it cannot be compared with one of them. */
function holds(said: Said, version: string): boolean | null {
  const { scheme } = said.ecosystem;
  let answer: boolean | null = false;
  for (const { from, fixed, last } of rangesOf(said).flatMap((range) => stretchesOf(range) ?? [])) {
    const begun = from === "0" ? 1 : compareVersions(scheme, version, from);
    const end = fixed ?? last;
    const ended = end === undefined ? -1 : compareVersions(scheme, version, end);
    if (begun === null || ended === null) answer ??= null;
    else if (begun >= 0 && (ended < 0 || (ended === 0 && last !== undefined))) return true;
  }
  return answer;
}

/** A version right below another one, as each scheme writes what comes before a release. */
const BEFORE: Readonly<Partial<Record<VersionScheme, string>>> = {
  semver: "-0",
  pep440: ".dev0",
  maven: "-alpha",
  nuget: "-alpha",
  rubygems: ".a",
  composer: "-dev",
  dpkg: "~",
  rpm: "~",
};

/** Advisories that tell one package's fixes several times over (a module's streams): which one is meant is weighed, not read off. */
function isToldOnce(said: Said): boolean {
  const starts = rangesOf(said).flatMap((range) => (stretchesOf(range) ?? []).map(({ from }) => from));
  return new Set(starts).size === starts.length;
}

/** The last stretch of an entry has no end, and what ends it stands elsewhere: GitHub's last known version, PyPA's commit. */
function isEndedElsewhere({ entries }: Said): boolean {
  return entries.some(
    ({ ranges, database_specific }) =>
      JSON.stringify(database_specific ?? {}).includes("last_known_affected_version_range") ||
      (ranges?.some(({ type }) => type === "GIT") === true && rangesOf({ entries }).some(({ events }) => events.length === 1)),
  );
}

interface Expectation {
  said: Said;
  version: string;
  expected: boolean;
  why: "introduced" | "below introduced" | "last affected" | "fixed";
}

/** Every drawn package with one of its versions and what must be found of it. */
function* expectations(): Generator<Expectation> {
  for (const said of drawn) {
    if (said.record.withdrawn !== undefined || !isToldOnce(said) || isEndedElsewhere(said)) continue;
    for (const stretch of rangesOf(said).flatMap((range) => stretchesOf(range) ?? [])) {
      if (!isUsable(stretch, said.ecosystem.scheme)) continue;
      yield* atTheBeginning(said, stretch);
      const { fixed, last } = stretch;
      if (last !== undefined) yield { said, version: last, expected: true, why: "last affected" };
      if (fixed !== undefined && holds(said, fixed) === false) yield { said, version: fixed, expected: false, why: "fixed" };
    }
  }
}

/** Whether it ends after it begins, at a version of the scheme. */
function isUsable({ from, fixed, last }: Stretch, scheme: VersionScheme): boolean {
  const end = fixed ?? last;
  if (end === undefined || from === "0") return true;
  const order = compareVersions(scheme, from, end);
  return order !== null && order <= 0;
}

function* atTheBeginning(said: Said, { from, fixed }: Stretch): Generator<Expectation> {
  const { scheme } = said.ecosystem;
  if (from === "0" || from === fixed || versionOrder(scheme).parse(from) === null) return;
  yield { said, version: from, expected: true, why: "introduced" };
  const before = `${from}${BEFORE[scheme] ?? "~"}`;
  if ((compareVersions(scheme, before, from) ?? 0) < 0 && holds(said, before) === false)
    yield { said, version: before, expected: false, why: "below introduced" };
}

describe.skipIf(!existsSync(OSV))("drawn from the shared corpus (skipped where it is not)", () => {
  test("many ranges of every ecosystem", () => {
    const counts = new Map<string, number>();
    for (const said of drawn) counts.set(kindOf(said), (counts.get(kindOf(said)) ?? 0) + rangesOf(said).length);
    const many = ["npm", "pypi", "go", "rpm:rocky", "deb:debian"].map((kind) => counts.get(kind) ?? 0);
    expect(many.every((count) => count > 200)).toBe(true);
    const few = ["maven", "nuget", "rubygems", "packagist", "crates.io", "hex", "pub", "homebrew"];
    expect(few.filter((kind) => (counts.get(kind) ?? 0) === 0)).toEqual([]);
  });

  test("what is introduced and last affected is found; what is fixed, and what was before, is not", () => {
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    for (const { said, version, expected, why } of expectations()) {
      counts.set(why, (counts.get(why) ?? 0) + 1);
      if (isFound(said, version) !== expected) wrong.push(`${said.record.id} ${said.name} ${version}: ${why}`);
    }
    expect(wrong).toEqual([]);
    expect(
      Math.min(...["introduced", "below introduced", "last affected", "fixed"].map((why) => counts.get(why) ?? 0)),
    ).toBeGreaterThan(10);
  });

  test("a list of versions is what it lists, where no range is told and where the order does not know a version", () => {
    const wrong: string[] = [];
    let listed = 0;
    for (const said of drawn) {
      if (said.record.withdrawn !== undefined) continue;
      const order = versionOrder(said.ecosystem.scheme);
      for (const { versions, ranges } of said.entries) {
        const alone = (ranges ?? []).every(({ type }) => type === "GIT");
        for (const version of versions ?? []) {
          if (!alone && (said.ecosystem.distribution || order.parse(version) !== null)) continue;
          listed += 1;
          if (!isFound(said, version)) wrong.push(`${said.record.id} ${said.name} ${version}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(listed).toBeGreaterThan(50);
  });

  test("what is withdrawn concerns nothing", () => {
    const withdrawn = drawn.filter(({ record }) => record.withdrawn !== undefined);
    const versions = (said: Said): string[] => [
      ...rangesOf(said).flatMap(({ events }) => events.flatMap((event) => Object.values(event))),
      ...said.entries.flatMap((entry) => entry.versions ?? []).slice(0, 20),
    ];
    expect(withdrawn.flatMap((said) => versions(said).filter((version) => isFound(said, version)))).toEqual([]);
    expect(withdrawn.length).toBeGreaterThan(0);
  });
});
