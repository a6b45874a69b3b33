import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNUSED_ORDER_KEYS } from "#protocol/rest/history.ts";
import { seedHosts } from "#test/support/seed-hosts.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../../database/pools.ts";
import { hostCountQuery } from "../../devices/host-list-store.ts";
import { listHostSoftware, readHostSoftwareTimes } from "../list-host-software.ts";
import { dailyCountsExpire, dailyCountsWrite } from "./daily-count-store.ts";
import { listUnused } from "./list-unused.ts";
import { titleOpeningsRebuildInTx } from "./opening-store.ts";
import { readAdoption } from "./read-adoption.ts";

let database: TestDatabase;
const NOW = new Date("2026-06-15T12:00:00Z");
const deps = {
  get db() {
    return database.db;
  },
  now: () => NOW,
};

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

describe("software that is not opened", () => {
  const DAYS = 90;

  beforeAll(async () => {
    await seedHosts(database.db, 500);
    // a third of the links was opened within the year, another third never, of every second host nothing is known
    await sql`
      UPDATE host_software SET created_at = ${NOW}::timestamptz - make_interval(days => (host_id + software_id)::integer % 300),
        last_opened_at = CASE WHEN (host_id / 25) % 2 = 0 AND software_id % 3 = 0
          THEN ${NOW}::timestamptz - make_interval(days => (host_id * software_id)::integer % 365) END`.execute(database.db);
    await database.db.transaction().execute((tx) => titleOpeningsRebuildInTx(tx, NOW));
  });

  /** The same question, asked of every link. */
  async function unusedFromLinks(days: number) {
    const cutoff = sql`date_trunc('day', ${NOW}::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - make_interval(days => ${days})`;
    const { rows } = await sql<{ id: number; unused: number }>`
      WITH held AS (
        SELECT hs.host_id, s.title_id, max(last_opened_at) AS opened, max(hs.created_at) AS installed
        FROM host_software hs JOIN software s ON s.id = hs.software_id GROUP BY 1, 2)
      SELECT title_id AS id, count(*) AS unused FROM held
      WHERE coalesce(opened, installed) < ${cutoff} AND (opened IS NOT NULL OR EXISTS (
        SELECT 1 FROM host_software x WHERE x.host_id = held.host_id AND x.last_opened_at IS NOT NULL)) GROUP BY 1`.execute(
      database.db,
    );
    return new Map(rows.map((row) => [row.id, row.unused]));
  }

  it.each([1, 30, DAYS, 200])("is counted as the links are, for %i days", async (days) => {
    const { unused_software, count, counts_updated_at } = await listUnused(deps, { days, per_page: 1000 });
    expect(new Map(unused_software.map((t) => [t.id, t.unused_hosts_count]))).toEqual(await unusedFromLinks(days));
    expect(count).toBe(unused_software.length);
    expect(counts_updated_at).toBe(NOW.toISOString());
    for (const t of unused_software) {
      expect(t.never_opened_hosts_count).toBeLessThanOrEqual(t.unused_hosts_count);
      expect(t.unused_hosts_count + t.unknown_hosts_count).toBeLessThanOrEqual(t.hosts_count);
    }
    expect(unused_software.some((t) => t.unknown_hosts_count > 0)).toBe(true);
  });

  it("pages by cursor and filters by name and source", async () => {
    const whole = await listUnused(deps, { per_page: 1000 });
    const walked: number[] = [];
    let after: string | undefined;
    do {
      const order = { order_key: "unused_hosts_count", order_direction: "desc" } as const;
      // oxlint-disable-next-line no-await-in-loop -- each page needs the cursor of the one before
      const page = await listUnused(deps, { per_page: 37, ...order, ...(after === undefined ? {} : { after }) });
      walked.push(...page.unused_software.map((t) => t.id));
      after = page.meta.next_cursor;
    } while (after !== undefined);
    expect(walked).toEqual(whole.unused_software.map((t) => t.id));
    const one = whole.unused_software[0]!;
    const found = await listUnused(deps, { query: one.name.toUpperCase(), source: "apps" });
    expect(found.unused_software.map((t) => t.name)).toContain(one.name);
    expect((await listUnused(deps, { source: "programs" })).count).toBe(0);
  });

  it.each(UNUSED_ORDER_KEYS)("is ordered by %s as it is shown, both ways, by cursor and by number", async (order_key) => {
    const whole = (await listUnused(deps, { order_key, per_page: 1000 })).unused_software;
    const shown = whole.map((title) => (order_key === "name" ? title.name.toLowerCase() : title[order_key]));
    expect(shown).toEqual(shown.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
    const ids = whole.map((title) => title.id);
    const backwards = await listUnused(deps, { order_key, order_direction: "desc", per_page: 1000 });
    expect(backwards.unused_software.map((title) => title.id)).toEqual(ids.toReversed());
    const first = await listUnused(deps, { order_key, per_page: 40 });
    const byNumber = await listUnused(deps, { order_key, per_page: 40, page: 1 });
    const byCursor = await listUnused(deps, { order_key, per_page: 40, after: first.meta.next_cursor! });
    expect(byCursor.unused_software).toEqual(byNumber.unused_software);
    expect([...first.unused_software, ...byNumber.unused_software].map((title) => title.id)).toEqual(ids.slice(0, 80));
  });

  it("leads to as many hosts as it counts, and stands on each one's own list", async () => {
    const { unused_software } = await listUnused(deps, { days: DAYS, per_page: 3 });
    for (const title of unused_software) {
      const filter = { software_title_id: title.id, not_opened_for_days: DAYS };
      const hosts = await hostCountQuery(readonly(database.db), filter, NOW).executeTakeFirstOrThrow();
      expect(hosts.count).toBe(title.unused_hosts_count);
    }
    const page = { limit: 1000, offset: 0, orderKey: "name" as const, direction: "asc" as const, after: null };
    const { rows: ids } = await sql<{ id: number }>`SELECT DISTINCT host_id AS id FROM host_software`.execute(database.db);
    const times = readHostSoftwareTimes({ not_opened_for_days: DAYS }, NOW);
    const lists = await Promise.all(ids.map(({ id }) => listHostSoftware({ db: database.db }, id, times, page)));
    const titles = lists.flatMap((list) => list.software.map((t) => t.id));
    const fleet = await unusedFromLinks(DAYS);
    expect(titles.length).toBe([...fleet.values()].reduce((sum, n) => sum + n, 0));
  });
});

describe("adoption", () => {
  const day = (n: number) => new Date(Date.UTC(2026, 5, n, 23, 30));

  async function hold(counts: Record<number, number>): Promise<void> {
    await sql`DELETE FROM software_counts`.execute(database.db);
    for (const [id, hosts_count] of Object.entries(counts)) {
      await database.db
        .insertInto("software_counts")
        .values({ software_id: Number(id), source: "apps", hosts_count })
        .execute();
    }
  }

  it("is written for days on which it changed, read for every day, and forgotten but for what still holds", async () => {
    const { id: title } = await database.db.selectFrom("software_titles").select("id").orderBy("id").executeTakeFirstOrThrow();
    const versions = await database.db.selectFrom("software").select("id").where("title_id", "=", title).orderBy("id").execute();
    const [a, b] = versions.map((v) => v.id) as [number, number];
    await hold({ [a]: 10 });
    expect(await dailyCountsWrite(database.db, day(1))).toBe(1);
    expect(await dailyCountsWrite(database.db, day(2))).toBe(0);
    await hold({ [a]: 6, [b]: 4 });
    expect(await dailyCountsWrite(database.db, day(3))).toBe(2);
    await hold({ [b]: 9 });
    expect(await dailyCountsWrite(database.db, day(3))).toBe(2); // the same day again: corrected, not added
    expect(await dailyCountsWrite(database.db, day(4))).toBe(0);
    await hold({ [b]: 11 });
    const read = (now: Date, days: number) => readAdoption({ db: database.db, now: () => now }, title, { days });
    const full = await read(day(5), 6);
    expect(full.days).toEqual(["2026-05-31", "2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"]);
    expect(full.versions.map((v) => v.hosts_counts)).toEqual([
      [0, 10, 10, 0, 0, 0],
      [0, 0, 0, 9, 9, 11], // today is what is held now, counted or not
    ]);
    expect(full.counted_since).toBe("2026-06-01");
    expect((await read(day(5), 2)).versions.map((v) => v.hosts_counts)).toEqual([[9, 11]]);
    await dailyCountsExpire(database.db, day(4));
    const rows = await database.db.selectFrom("software_daily_counts").select(["software_id", "hosts_count"]).execute();
    expect(rows).toEqual([{ software_id: b, hosts_count: 9 }]);
    await expect(readAdoption(deps, 999_999, {})).rejects.toThrow("There is no software title 999999");
  });
});
