import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../../database/pools.ts";
import { createLog } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { createIngestMetrics } from "../ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../ingest-report.ts";
import { listHostSoftware, readHostSoftwareTimes } from "../list-host-software.ts";
import { sweepOrphans } from "../sweep-orphans.ts";
import { expireHistory } from "./expire-history.ts";
import { listHostHistory, listTitleHistory } from "./list-history.ts";
import { listTitleHosts } from "./list-title-hosts.ts";

let database: TestDatabase;
let deps: IngestDeps;
const past = {
  get db() {
    return database.db;
  },
  now: () => new Date(),
};

const FORGOTTEN = [
  "host_software",
  "host_software_history",
  "hosts",
  "software",
  "software_titles",
  "software_counts",
  "software_title_counts",
  "software_count_changes",
  "server_settings",
];

beforeAll(async () => {
  database = await testDatabase();
  deps = {
    db: database.db,
    replica: readonly(database.db),
    log: createLog("silent"),
    metrics: createIngestMetrics(createMetrics()),
  };
});
afterAll(() => database.close());
beforeEach(forgetAll);

/** Deletes, not TRUNCATE: on tables that are nearly empty that is many times faster. */
async function forgetAll(): Promise<void> {
  for (const table of FORGOTTEN) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as foreign keys ask
    await sql`DELETE FROM ${sql.table(table)}`.execute(database.db);
  }
}

async function newHost(hostname = "h"): Promise<number> {
  return (await database.db.insertInto("hosts").values({ hostname }).returning("id").executeTakeFirstOrThrow()).id;
}

function row(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry(fields.source ?? "deb_packages"), ...fields };
}

async function report(host: number, source: string, entries: SoftwareEntry[]) {
  return ingestReport(deps, host, [{ source, ok: true, entries: entries.map((e) => ({ ...e, source })) }]);
}

/** The database's own time, which links and history are written with; a moment later than everything that was committed. */
async function databaseTime(): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 ms' AS at`.execute(
    database.db,
  );
  await sql`SELECT pg_sleep(0.002)`.execute(database.db);
  return rows[0]!.at;
}

/** Moves everything that is recorded of a host into the past. */
async function age(host: number, by: string): Promise<void> {
  await sql`UPDATE host_software SET created_at = created_at - ${by}::interval WHERE host_id = ${host}`.execute(database.db);
  await sql`UPDATE host_software_sources SET first_reported_at = first_reported_at - ${by}::interval WHERE host_id = ${host}`.execute(
    database.db,
  );
  await sql`UPDATE host_software_history SET installed_at = installed_at - ${by}::interval, removed_at = removed_at - ${by}::interval
    WHERE host_id = ${host}`.execute(database.db);
}

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);
const kinds = (
  events: { event: string; software: { name: string; version: string }; next: { name: string; version: string } | null }[],
) => events.map((e) => [e.event, `${e.software.name} ${e.software.version}`, e.next && `${e.next.name} ${e.next.version}`]);

describe("a host's history", () => {
  it("tells installs, updates, removals and renames, newest first, and no first report as installs", async () => {
    const host = await newHost();
    const apps = (...list: Partial<SoftwareEntry>[]) =>
      report(
        host,
        "apps",
        list.map((e) => row({ source: "apps", ...e })),
      );
    const notes = { name: "Notes", version: "1", bundle_identifier: "x.notes", installed_paths: ["/Applications/Notes.app"] };
    await apps(notes, { name: "Old", version: "1" });
    await apps(notes, { name: "Old", version: "2" });
    await apps({ ...notes, name: "Notes Pro" }, { name: "Old", version: "2" });
    await apps(
      { ...notes, name: "Notes Pro" },
      { name: "New", version: "7", installed_paths: ["/Users/ada/Applications/New.app"] },
    );
    const { events, first_reports, history_since, meta } = await listHostHistory(past, host, {});
    // one report brought two of them; the order within it is that of their ids
    expect(kinds(events).slice(0, 2).toSorted(byText)).toEqual([
      ["installed", "New 7", null],
      ["removed", "Old 2", null],
    ]);
    expect(kinds(events).slice(2)).toEqual([
      ["renamed", "Notes 1", "Notes Pro 1"],
      ["updated", "Old 1", "Old 2"],
    ]);
    expect(events.find((e) => e.event === "installed")?.installed_by).toBe("ada");
    expect(first_reports).toEqual([{ source: "apps", first_reported_at: expect.stringMatching(/^\d{4}-/) }]);
    expect(history_since).toBeNull();
    expect(meta).toEqual({ has_next_results: false, has_previous_results: false });
    const first = await listHostHistory(past, host, { event: "first_seen" });
    expect(kinds(first.events).toSorted(byText)).toEqual([
      ["first_seen", "Notes 1", null],
      ["first_seen", "Old 1", null],
    ]);
  });

  it("takes a new source's first report, and the first good one after failures, as what was there before", async () => {
    const host = await newHost();
    await ingestReport(deps, host, [{ source: "apps", ok: false, error: "no permission" }]);
    await report(host, "apps", [row({ name: "A" })]);
    await report(host, "npm_packages", [row({ name: "B" })]);
    expect((await listHostHistory(past, host, {})).events).toEqual([]);
    await report(host, "npm_packages", [row({ name: "B" }), row({ name: "C", installed_by: "eve" })]);
    const { events } = await listHostHistory(past, host, {});
    expect(events.map((e) => [e.event, e.software.name, e.installed_by])).toEqual([["installed", "C", "eve"]]);
    expect((await listHostHistory(past, host, { event: "first_seen" })).events.map((e) => e.software.name).toSorted()).toEqual([
      "A",
      "B",
    ]);
  });

  it("pages by cursor without loss, also through hundreds of events of one moment, and filters", async () => {
    const host = await newHost();
    const many = (version: string) => Array.from({ length: 60 }, (_, i) => row({ name: `p${i}`, version }));
    for (const version of ["1", "2", "3"]) await report(host, "deb_packages", many(version));
    await report(host, "apps", [row({ name: "first" })]);
    await report(host, "apps", [row({ name: "first" }), row({ name: "Café" })]);
    const whole = await listHostHistory(past, host, { per_page: 1000 });
    expect(whole.events).toHaveLength(121);
    const walked: string[] = [];
    let after: string | undefined;
    do {
      const page = await listHostHistory(past, host, { per_page: 7, ...(after === undefined ? {} : { after }) });
      walked.push(...page.events.map((e) => `${e.software.id} ${e.time}`));
      after = page.meta.next_cursor;
    } while (after !== undefined);
    expect(walked).toEqual(whole.events.map((e) => `${e.software.id} ${e.time}`));
    const of = async (query: object) => (await listHostHistory(past, host, query)).events.length;
    expect(await of({ event: "installed" })).toBe(1);
    expect(await of({ event: "updated,removed", per_page: 1000 })).toBe(120);
    expect(await of({ source: "apps" })).toBe(1);
    expect(await of({ query: "CAFÉ" })).toBe(1);
    expect(await of({ query: "p7 3" })).toBe(1);
    expect(await of({ since: whole.events[0]!.time })).toBe(1);
    expect(await of({ until: whole.events.at(-1)!.time, per_page: 1000 })).toBe(60);
    await expect(of({ after: "nonsense" })).rejects.toThrow("Not a cursor");
    await expect(listHostHistory(past, 999_999, {})).rejects.toThrow("There is no host 999999");
  });
});

describe("a title's history", () => {
  it("is that of all hosts, in order, and only of this title", async () => {
    const hosts = [await newHost("one"), await newHost("two")];
    for (const host of hosts)
      await report(host, "deb_packages", [row({ name: "bash", version: "1" }), row({ name: "zsh", version: "1" })]);
    for (const host of hosts)
      await report(host, "deb_packages", [row({ name: "bash", version: "2" }), row({ name: "zsh", version: "1" })]);
    await report(hosts[0]!, "deb_packages", [row({ name: "zsh", version: "1" })]);
    const title = await database.db
      .selectFrom("software_titles")
      .select("id")
      .where("name", "=", "bash")
      .executeTakeFirstOrThrow();
    const { events } = await listTitleHistory(past, title.id, {});
    expect(events.map((e) => [e.event, e.host.display_name])).toEqual([
      ["removed", "one"],
      ["updated", "two"],
      ["updated", "one"],
    ]);
    expect((await listTitleHistory(past, title.id, { query: "two" })).events).toHaveLength(1);
    const page = await listTitleHistory(past, title.id, { per_page: 1 });
    const rest = await listTitleHistory(past, title.id, { after: page.meta.next_cursor! });
    expect([...page.events, ...rest.events]).toEqual(events);
    await expect(listTitleHistory(past, 999_999, {})).rejects.toThrow("There is no software title 999999");
  });
});

describe("the past", () => {
  it("of a host has the filters, order and pages of the present", async () => {
    const host = await newHost();
    await report(
      host,
      "deb_packages",
      ["a", "b", "c", "d"].map((name) => row({ name, version: "1" })),
    );
    const at = await databaseTime();
    await report(host, "deb_packages", [row({ name: "a", version: "2" })]);
    const page = { limit: 2, offset: 0, orderKey: "name" as const, direction: "desc" as const, after: null };
    const times = readHostSoftwareTimes({ as_of: at.toISOString() }, new Date(at.getTime() + 1000));
    const then = await listHostSoftware({ db: database.db }, host, times, page);
    expect(then.software.map((t) => [t.name, t.installed_versions[0]?.version])).toEqual([
      ["d", "1"],
      ["c", "1"],
    ]);
    expect(then).toMatchObject({ count: 4, versions_count: 4, history_since: null, meta: { has_next_results: true } });
    const found = await listHostSoftware({ db: database.db }, host, { ...times, query: "a 1" }, page);
    expect(found.count).toBe(1);
    expect((await listHostSoftware({ db: database.db }, host, {}, page)).count).toBe(1);
    expect(() => readHostSoftwareTimes({ as_of: "2999-01-01T00:00:00Z" }, new Date())).toThrow("It lies in the future");
  });

  it("pages through the holders of a moment by host", async () => {
    const hosts = [];
    for (let i = 0; i < 9; i++) hosts.push(await newHost(`h${i}`));
    for (const host of hosts) await report(host, "deb_packages", [row({ name: "bash", version: `${host % 3}` })]);
    const at = (await databaseTime()).toISOString();
    for (const host of hosts.slice(0, 5)) await report(host, "deb_packages", [row({ name: "bash", version: "9" })]);
    const { id } = await database.db.selectFrom("software_titles").select("id").executeTakeFirstOrThrow();
    const walked: number[] = [];
    let after: string | undefined;
    do {
      const place = after === undefined ? {} : { after };
      const page = await listTitleHosts(past, id, { as_of: at, per_page: 2, order_key: "id", ...place });
      expect(page.versions.map((v) => v.version).toSorted()).toEqual(["0", "1", "2"]);
      walked.push(...page.hosts.map((host) => host.id));
      after = page.meta.next_cursor;
    } while (after !== undefined);
    expect(walked).toEqual(hosts);
    const now = await listTitleHosts(past, id, {});
    expect(now.versions.find((v) => v.version === "9")?.hosts_count).toBe(5);
    const one = await listTitleHosts(past, id, { software_version_id: now.versions[0]!.id });
    expect(one.count).toBe(5);
  });

  it("orders the holders of a moment by all that is shown, both ways, by cursor and by number, and finds them by name", async () => {
    const hosts: number[] = [];
    for (const name of ["Web b", "db a", "web a", "DB b", "web c"]) hosts.push(await newHost(name));
    for (const host of hosts.toReversed()) await report(host, "deb_packages", [row({ name: "vim", version: `${host % 2}` })]);
    const at = (await databaseTime()).toISOString();
    for (const host of hosts) await report(host, "deb_packages", [row({ name: "emacs" })]);
    const [{ id } = { id: 0 }] = await database.db.selectFrom("software_titles").select("id").where("name", "=", "vim").execute();
    const walk = async (query: Parameters<typeof listTitleHosts>[2], by: "after" | "page") => {
      const found: number[] = [];
      let place: { page?: number; after?: string } = {};
      for (let page = 1; ; page++) {
        const answer = await listTitleHosts(past, id, { as_of: at, per_page: 2, ...query, ...place });
        found.push(...answer.hosts.map((host) => host.id));
        if (!answer.meta.has_next_results) return found;
        place = by === "page" ? { page } : { after: answer.meta.next_cursor! };
      }
    };
    const orders = { id: hosts, display_name: [1, 3, 2, 0, 4].map((i) => hosts[i]), installed_at: hosts.toReversed() };
    for (const by of ["after", "page"] as const) {
      for (const [order_key, order] of Object.entries(orders) as [keyof typeof orders, number[]][]) {
        expect(await walk({ order_key }, by)).toEqual(order);
        expect(await walk({ order_key, order_direction: "desc" }, by)).toEqual(order.toReversed());
      }
    }
    const found = await listTitleHosts(past, id, { as_of: at, query: "C WEB", order_key: "display_name" });
    expect([found.count, found.hosts.map((host) => host.display_name)]).toEqual([1, ["web c"]]);
    expect(found.versions.map((version) => version.hosts_count)).toEqual([1]);
    expect((await listTitleHosts(past, id, { as_of: at, query: "%" })).hosts).toEqual([]);
  });
});

describe("retention", () => {
  it("forgets what ended before it, says since when history is complete, and leaves the present and the younger past alone", async () => {
    const host = await newHost();
    await report(host, "deb_packages", [row({ name: "old", version: "1" }), row({ name: "stays", version: "1" })]);
    await report(host, "deb_packages", [row({ name: "stays", version: "1" })]);
    await age(host, "40 days");
    await report(host, "deb_packages", [row({ name: "stays", version: "2" })]);
    const signal = new AbortController().signal;
    expect(await expireHistory({ ...past, db: database.db, retentionDays: 60 }, signal)).toBe(0);
    // nothing was deleted: the past is whole
    expect((await listHostHistory(past, host, {})).history_since).toBeNull();
    expect(await expireHistory({ ...past, db: database.db, retentionDays: 30 }, signal)).toBe(1);
    const { events, history_since } = await listHostHistory(past, host, {});
    expect(kinds(events)).toEqual([["updated", "stays 1", "stays 2"]]);
    const days = (Date.now() - Date.parse(history_since!)) / 86_400_000;
    expect(days).toBeCloseTo(30, 2);
    // a longer retention later does not bring it back, nor move the horizon back
    await expireHistory({ ...past, db: database.db, retentionDays: 400 }, signal);
    expect((await listHostHistory(past, host, {})).history_since).toBe(history_since);
    await sweepOrphans({ db: database.db, now: () => new Date(Date.now() + 1) }, signal, 0);
    const left = await database.db.selectFrom("software").select(["name", "version"]).orderBy("version").execute();
    expect(left).toEqual([
      { name: "stays", version: "1" },
      { name: "stays", version: "2" },
    ]);
  });

  it("stops between two batches when it is told to", async () => {
    const host = await newHost();
    await report(host, "deb_packages", [row({ name: "a" }), row({ name: "b" })]);
    await report(host, "deb_packages", [row({ name: "b" })]);
    await age(host, "40 days");
    expect(await expireHistory({ ...past, db: database.db, retentionDays: 1 }, AbortSignal.abort())).toBe(0);
    expect((await listHostHistory(past, host, {})).events).toHaveLength(1);
  });

  it("finds what is past it by the index of time, and a title's and a version's past by theirs", async () => {
    const plan = async (query: ReturnType<typeof sql>) => {
      await sql`SET enable_seqscan = off`.execute(database.db);
      const { rows } = await sql<{ "QUERY PLAN": string }>`EXPLAIN ${query}`.execute(database.db);
      await sql`RESET enable_seqscan`.execute(database.db);
      return rows.map((r) => r["QUERY PLAN"]).join("\n");
    };
    expect(await plan(sql`SELECT ctid FROM host_software_history_p0 WHERE removed_at < now() LIMIT 10`)).toContain(
      "removed_at_idx",
    );
    const title = await plan(sql`
      SELECT * FROM host_software_history WHERE title_id = 1 ORDER BY removed_at DESC, host_id DESC, software_id DESC LIMIT 10`);
    expect(title).toMatch(/Incremental Sort[^]*Presorted Key: [\w.]*removed_at[^]*title_id_removed_at_idx/);
    expect(await plan(sql`SELECT * FROM host_software_history WHERE software_id = 1 AND removed_at > now()`)).toContain(
      "software_id_removed_at_idx",
    );
  });
});
