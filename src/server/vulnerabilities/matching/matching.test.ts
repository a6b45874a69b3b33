import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deleteHost } from "#server/devices/delete-hosts.ts";
import { createSignals } from "#server/notify/signals.ts";
import { entryOf } from "#test/support/inventory.ts";
import { loadScores, openMatching, wrongExposures, type MatchingInventory } from "#test/support/matching.ts";
import { debRange, rangeOf } from "#test/support/vulnerability-ranges.ts";
import { explainFinding } from "./explain-finding.ts";
import { requestRescan } from "./request-rescan.ts";
import { reresolve } from "./reresolve.ts";
import { MATCHING_RULES, rescanForRules } from "./rescan-for-rules.ts";
import { sweepSubjects } from "./sweep-subjects.ts";

let fleet: MatchingInventory;

beforeEach(async () => {
  fleet = await openMatching();
});
afterEach(async () => fleet.database.close());

const CVE = "CVE-2024-6387";
const regression = (fixed = "1:9.2p1-2+deb12u3") => ({ "deb:debian:12 openssh": [debRange({ vulnerability: CVE, fixed })] });
const openssh = (version = "1:9.2p1-2", source = version) =>
  entryOf("deb_packages", { name: "openssh-server", version, facts: { source_package: "openssh", source_version: source } });
const FOUND = "deb_packages openssh-server 1:9.2p1-2 (debian:12): CVE-2024-6387 affected 1:9.2p1-2+deb12u3";

async function exposures(): Promise<unknown[]> {
  return await fleet.database.db
    .selectFrom("vulnerability_exposures")
    .select(["cve", "severity", "hosts_count"])
    .orderBy("cve")
    .execute();
}

async function closed(): Promise<unknown[]> {
  return await fleet.database.db.selectFrom("closed_findings").select("reason").orderBy("id").execute();
}

describe("what a host brings", () => {
  test("is matched after its check-in, once for all hosts of its kind", async () => {
    await fleet.feed(CVE, regression());
    for (const host of [await fleet.host(), await fleet.host()]) {
      // oxlint-disable-next-line no-await-in-loop -- one check-in after the other
      await fleet.report(host, "deb_packages", [openssh()]);
    }
    await fleet.settle();
    expect(await fleet.findings()).toEqual([FOUND]);
    expect(await exposures()).toEqual([{ cve: CVE, severity: "high", hosts_count: 2 }]);
    expect(await wrongExposures(fleet.matching)).toEqual([]);
  });

  test("is told apart by kind of host and by facts", async () => {
    await fleet.feed(CVE, { ...regression(), "deb:debian:11 openssh": [debRange({ vulnerability: CVE, fix: "unfixed" })] });
    const [twelve, eleven, rebuilt] = [await fleet.host(), await fleet.host({ os_version: "11 (bullseye)" }), await fleet.host()];
    await fleet.report(twelve, "deb_packages", [openssh()]);
    await fleet.report(eleven, "deb_packages", [openssh()]);
    await fleet.report(rebuilt, "deb_packages", [openssh("1:9.2p1-2", "1:9.2p1-2+deb12u3")]);
    await fleet.settle();
    expect(await fleet.findings()).toEqual(["deb_packages openssh-server 1:9.2p1-2 (debian:11): CVE-2024-6387 unfixed", FOUND]);
    const of = async (host: number) => (await fleet.findingsOn(host)).map(({ cve, state }) => [cve, state]);
    expect([await of(twelve), await of(eleven), await of(rebuilt)]).toEqual([[[CVE, "affected"]], [[CVE, "unfixed"]], []]);
    expect(await wrongExposures(fleet.matching)).toEqual([]);
  });

  test("changes with its facts and with its operating system", async () => {
    await fleet.feed(CVE, regression());
    const host = await fleet.host();
    await fleet.report(host, "deb_packages", [openssh()]);
    await fleet.settle();
    await fleet.report(host, "deb_packages", [openssh("1:9.2p1-2", "1:9.2p1-2+deb12u3")]);
    await fleet.settle();
    expect(await fleet.findingsOn(host)).toEqual([]);
    expect(await exposures()).toEqual([]);
    await fleet.report(host, "deb_packages", [openssh()]);
    await fleet.system(host, { os_version: "13 (trixie)" });
    await fleet.settle();
    expect(await fleet.findingsOn(host)).toEqual([]);
    await fleet.system(host, {});
    await fleet.settle();
    expect((await fleet.findingsOn(host)).map(({ cve }) => cve)).toEqual([CVE]);
    expect(await wrongExposures(fleet.matching)).toEqual([]);
  });

  test("ends with the host: the exposure closes, the subject goes when nobody has had it for a day", async () => {
    await fleet.feed(CVE, regression());
    const host = await fleet.host();
    await fleet.report(host, "deb_packages", [openssh()]);
    await fleet.settle();
    const { db, url } = fleet.database;
    const signals = createSignals({ url, db, log: fleet.matching.log });
    await deleteHost({ db, signals }, host, null);
    await signals.close();
    await fleet.settle();
    expect(await exposures()).toEqual([]);
    expect(await db.selectFrom("closed_exposures").select("kev").execute()).toEqual([{ kev: false }]);
    expect(await sweepSubjects(fleet.matching)).toBe(0);
    const tomorrow = { ...fleet.matching, now: () => new Date(Date.now() + 2 * 86_400_000) };
    expect(await sweepSubjects(tomorrow)).toBe(1);
    expect(await fleet.findings()).toEqual([]);
    expect(await closed()).toEqual([{ reason: "removed" }]);
  });
});

describe("what a feed changes", () => {
  test("is matched again for the touched keys only, and closes what is no longer said", async () => {
    await fleet.feed(CVE, regression());
    await fleet.feed("CVE-2024-0002", { "deb:debian:12 curl": [debRange({ vulnerability: "CVE-2024-0002", fixed: "8" })] });
    const host = await fleet.host();
    await fleet.report(host, "deb_packages", [openssh(), entryOf("deb_packages", { name: "curl", version: "7" })]);
    await fleet.settle();
    const stamps = async () =>
      await fleet.database.db
        .selectFrom("match_subjects as m")
        .innerJoin("software as s", "s.id", "m.software_id")
        .orderBy("s.name")
        .select(["s.name", "m.matched_at"])
        .execute();
    const before = await stamps();
    await fleet.feed(CVE, regression("1:9.2p1-1"));
    await fleet.settle();
    expect(await fleet.findings()).toEqual(["deb_packages curl 7 (debian:12): CVE-2024-0002 affected 8"]);
    expect(await closed()).toEqual([{ reason: "feed" }]);
    const after = await stamps();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.matched_at).not.toEqual(before[1]?.matched_at);
    expect(await wrongExposures(fleet.matching)).toEqual([]);
  });

  test("a rejected id is no finding, whoever else speaks of it", async () => {
    await fleet.feed("DSA-1", regression());
    const host = await fleet.host();
    await fleet.report(host, "deb_packages", [openssh()]);
    await fleet.settle();
    expect(await fleet.findings()).toEqual([FOUND]);
    await fleet.feed(CVE, {}, { facts: { rejected: true } });
    await fleet.settle();
    expect(await fleet.findings()).toEqual([]);
    expect(await exposures()).toEqual([]);
  });

  test("names of one vulnerability are one finding, also when the alias comes later", async () => {
    const osv = { "deb:debian:12 openssh": [debRange({ vulnerability: "GHSA-xxxx", fixed: "1:9.4" })] };
    await fleet.feed("GHSA-xxxx", osv);
    const host = await fleet.host();
    await fleet.report(host, "deb_packages", [openssh()]);
    await fleet.settle();
    expect((await fleet.findings()).length).toBe(1);
    await fleet.feed(CVE, regression(), { aliases: [["GHSA-xxxx", CVE]] });
    await fleet.settle();
    expect(await fleet.findings()).toEqual([FOUND]);
    const [row] = await fleet.database.db
      .selectFrom("vulnerabilities")
      .where("cve", "=", CVE)
      .select(["aliases", "severity"])
      .execute();
    expect(row).toEqual({ aliases: ["GHSA-xxxx"], severity: "high" });
  });

  test("the same again touches no row of findings", async () => {
    await fleet.feed(CVE, regression());
    await fleet.report(await fleet.host(), "deb_packages", [openssh()]);
    await fleet.settle();
    const xmin = async () => (await sql<{ x: string }>`SELECT xmin::text AS x FROM findings`.execute(fleet.database.db)).rows;
    const before = await xmin();
    await requestRescan(fleet.database.db);
    await fleet.settle();
    expect(await xmin()).toEqual(before);
    expect(
      await fleet.database.db
        .selectFrom("match_rescans")
        .select("subjects_matched")
        .where("finished_at", "is not", null)
        .execute(),
    ).toEqual([{ subjects_matched: 1 }]);
  });
});

describe("identity", () => {
  test("is told anew when the catalogue changed, and for what is asked", async () => {
    await fleet.feed(CVE, regression());
    await fleet.report(await fleet.host(), "deb_packages", [openssh()]);
    await fleet.settle();
    await sql`UPDATE match_subjects SET identity = '{"authority":"","status":"not_assessed","confidence":"exact","rule":"","why":"","keys":[]}'`.execute(
      fleet.database.db,
    );
    await sql`DELETE FROM findings`.execute(fleet.database.db);
    await fleet.settle();
    expect(await fleet.findings()).toEqual([]);
    expect(await reresolve(fleet.database.db, { software_ids: [1] })).toBe(1);
    await fleet.settle();
    expect(await fleet.findings()).toEqual([FOUND]);
  });
});

test("a new catalogue has only those matched again that are something else by it", async () => {
  const { db } = fleet.database;
  await fleet.feed(CVE, regression());
  const host = await fleet.host();
  await fleet.report(host, "deb_packages", [openssh(), entryOf("deb_packages", { name: "zlib1g", version: "1" })]);
  await fleet.settle();
  const matched = async () =>
    await db
      .selectFrom("match_subjects as m")
      .innerJoin("software as s", "s.id", "m.software_id")
      .select(["s.name", "m.matched_at", "m.identity_version"])
      .orderBy("s.name")
      .execute();
  const before = await matched();
  await sql`UPDATE match_subjects SET identity_version = 0`.execute(db);
  await sql`
    UPDATE match_subjects SET identity = '{"authority":"","status":"not_assessed","confidence":"exact","rule":"","why":"","keys":[]}'
    WHERE software_id = (SELECT id FROM software WHERE name = 'zlib1g')`.execute(db);
  await fleet.settle();
  const [ssh, zlib] = await matched();
  expect([ssh, zlib].map((row) => row?.identity_version)).toEqual(before.map((row) => row.identity_version));
  expect(ssh?.matched_at).toEqual(before[0]?.matched_at);
  expect(zlib?.matched_at).not.toEqual(before[1]?.matched_at);
  expect(await fleet.findings()).toEqual([FOUND]);
});

test("other rules of matching have everything matched again, once", async () => {
  const { db } = fleet.database;
  await rescanForRules(db, MATCHING_RULES);
  await fleet.settle();
  expect(await rescanForRules(db, MATCHING_RULES)).toBe(false);
  expect(await rescanForRules(db, MATCHING_RULES + 1)).toBe(true);
  expect(await db.selectFrom("match_rescans").where("finished_at", "is", null).select("id").execute()).toHaveLength(1);
  await fleet.settle();
  expect(await rescanForRules(db, MATCHING_RULES + 1)).toBe(false);
  expect(await db.selectFrom("match_rescans").where("finished_at", "is", null).select("id").execute()).toEqual([]);
});

test("new scores show everywhere without a merge, also of what waits for one", async () => {
  const { db } = fleet.database;
  await fleet.feed(CVE, regression());
  await fleet.report(await fleet.host(), "deb_packages", [openssh()]);
  await fleet.settle();
  await sql`UPDATE vulnerabilities SET description = 'as it was merged'`.execute(db);
  const shown = async () => {
    const row = await db.selectFrom("vulnerabilities").where("cve", "=", CVE).select(["epss", "description"]).executeTakeFirst();
    expect(await wrongExposures(fleet.matching)).toEqual([]);
    return row;
  };
  await loadScores(db, [{ cve: CVE, epss: 0.5 }]);
  await fleet.settle();
  expect(await shown()).toEqual({ epss: 0.5, description: "as it was merged" });
  await loadScores(db, [{ cve: CVE, epss: 0.25 }]);
  await fleet.settle();
  expect(await shown()).toEqual({ epss: 0.25, description: "as it was merged" });
  await loadScores(db, []);
  await fleet.feed(CVE, regression(), { facts: { description: "as it is now" } });
  await fleet.settle();
  expect(await shown()).toEqual({ epss: null, description: "as it is now" });
});

test("an exploited vulnerability's facts reach lists when they change, without counting anew", async () => {
  await fleet.feed(CVE, regression());
  await fleet.report(await fleet.host(), "deb_packages", [openssh()]);
  await fleet.settle();
  const kev = { date_added: "2024-07-01", ransomware: true, source: "CISA" };
  await fleet.feed(`kev ${CVE}`, {}, { facts: {} });
  await sql`UPDATE feed_records SET vulnerabilities = ARRAY[${CVE}], facts = ${JSON.stringify({ kev })} WHERE name = ${`kev ${CVE}`}`.execute(
    fleet.database.db,
  );
  await sql`INSERT INTO merge_queue (cve) VALUES (${CVE}) ON CONFLICT DO NOTHING`.execute(fleet.database.db);
  await fleet.settle();
  const row = await fleet.database.db
    .selectFrom("vulnerability_exposures")
    .select(["kev", "ransomware", "priority", "due_at"])
    .executeTakeFirst();
  expect(row).toMatchObject({ kev: true, ransomware: true, due_at: expect.any(Date) });
  expect(row?.priority).toBeGreaterThan(50);
});

test("the running kernel is told from others that are installed", async () => {
  const kernel = (abi: string) =>
    entryOf("deb_packages", {
      name: `linux-image-6.1.0-${abi}-amd64`,
      version: "6.1.76-1",
      facts: { source_package: "linux", source_version: "6.1.76-1" },
    });
  await fleet.feed(CVE, { "deb:debian:12 linux": [debRange({ vulnerability: CVE, fixed: "6.1.99-1" })] });
  const host = await fleet.host();
  await fleet.report(host, "deb_packages", [kernel("18"), kernel("17")]);
  await fleet.settle();
  const found = await fleet.findingsOn(host);
  expect(found.map(({ name, running }) => `${name} ${running}`).toSorted()).toEqual([
    "linux-image-6.1.0-17-amd64 false",
    "linux-image-6.1.0-18-amd64 true",
  ]);
});

test("an answer is explained with its record and comparisons, found or not", async () => {
  await fleet.feed(CVE, regression());
  const host = await fleet.host();
  await fleet.report(host, "deb_packages", [openssh()]);
  await fleet.settle();
  const [yes] = await explainFinding(fleet.matching, { cve: CVE, software_id: 1, host_id: host });
  expect(yes?.verdict).toBe("affected");
  expect(yes?.ranges[0]?.record).toEqual(expect.objectContaining({ feed: "test", part: "all", name: CVE }));
  expect(yes?.sentences.join(" ")).toContain("1:9.2p1-2 < 1:9.2p1-2+deb12u3, by dpkg's order");
  const [no] = await explainFinding(fleet.matching, { cve: "CVE-1999-0001", software_id: 1 });
  expect(no?.verdict).toBe("not_listed");
  expect(await explainFinding(fleet.matching, { cve: CVE, software_id: 999 })).toEqual([]);
});

test("a range of the operating system's own is a finding of the hosts that run it", async () => {
  const build = {
    "msrc windows 11 22h2 x64": [
      rangeOf({
        vulnerability: CVE,
        provider: "msrc",
        name_kind: "product",
        scheme: "windows",
        fixed: "10.0.22621.3000",
        branch: "10.0.22621",
      }),
    ],
  };
  await fleet.feed(CVE, build);
  const windows = {
    platform: "windows",
    os_name: "Microsoft Windows 11 Pro 22H2",
    os_version: "10.0.22621.2861",
    arch: "x86_64",
    kernel_version: "10.0.22621.2861",
  };
  const host = await fleet.host(windows);
  await fleet.settle();
  expect((await fleet.findingsOn(host)).map((f) => [f.cve, f.software_id, f.resolved_in_version])).toEqual([
    [CVE, null, "10.0.22621.3000"],
  ]);
  await fleet.system(host, { ...windows, os_version: "10.0.22621.3155", kernel_version: "10.0.22621.3155" });
  await fleet.settle();
  expect(await fleet.findingsOn(host)).toEqual([]);
  expect(await wrongExposures(fleet.matching)).toEqual([]);
});
