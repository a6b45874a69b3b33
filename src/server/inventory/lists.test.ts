import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { HOST_SOFTWARE_ORDER_KEYS } from "#protocol/rest/host-software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { pageOf } from "../http/paging.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport } from "./ingest-report.ts";
import { softwareOfHosts, hostSources, listHostSoftware } from "./list-host-software.ts";
import { listTitles, readTitle } from "./list-titles.ts";
import { listVersions, readVersion } from "./list-versions.ts";
import { TITLE_ORDER_KEYS as TITLE_KEYS, VERSION_ORDER_KEYS as VERSION_KEYS } from "#protocol/rest/software.ts";
import type { SoftwareOrderKey } from "./software-store.ts";
import type { TitleOrderKey } from "./title-store.ts";

const DIRECTIONS = ["asc", "desc"] as const;
const now = () => new Date("2026-01-01T00:00:00Z");

let database: TestDatabase;
let hosts: number[];

/** Ten hosts; software i is on hosts 0..i mod 10, in one to three versions; every third is from another source. */
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const deps = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
  const made = await db
    .insertInto("hosts")
    .values(Array.from({ length: 10 }, () => ({ hostname: "h" })))
    .returning("id")
    .execute();
  hosts = made.map((h) => h.id);
  await Promise.all(
    hosts.map((host, h) => {
      const held = Array.from({ length: 45 }, (_, i) => i).filter((i) => i % 10 >= h);
      const entries = held.map((i) =>
        entry({
          source: i % 3 === 0 ? "apps" : "deb_packages",
          name: `Soft_${i % 15}%`,
          version: `${i}.${h % 3}`,
          vendor: ["", "Zeta", "acme", "Acme"][i % 4] ?? "",
          arch: i % 5 === 0 ? "" : ["arm64", "x86_64"][i % 2],
          bundle_identifier: (i % 15) % 6 === 0 ? `org.example.${i % 15}` : "",
        }),
      );
      const bySource = Map.groupBy(entries, (e) => e.source);
      return ingestReport(
        deps,
        host,
        [...bySource].map(([source, list]) => ({ source, ok: true, entries: list })),
      );
    }),
  );
});
afterAll(() => database.close());

function entry(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry(fields.source ?? "apps"), ...fields };
}

/** Walks a list by its cursor, three rows at a time, and gives every row's id in order. */
async function walk(
  list: (query: { per_page: number; after?: string }) => Promise<{ ids: number[]; next: string | undefined }>,
): Promise<number[]> {
  const ids: number[] = [];
  let after: string | undefined;
  do {
    const page = await list({ per_page: 3, ...(after === undefined ? {} : { after }) });
    ids.push(...page.ids);
    after = page.next;
  } while (after !== undefined);
  return ids;
}

/** What a list is ordered by, as it is shown; what is empty comes last. */
function orderedBy<K extends string>(key: K, row: { [N in K]?: string | number | undefined }): string | number {
  const value = row[key] ?? "";
  return value === "" ? "\u{10FFFF}" : typeof value === "string" ? value.toLowerCase() : value;
}

describe("titles", () => {
  const page = (order_key: TitleOrderKey, order_direction: "asc" | "desc", query: object) =>
    listTitles({ db: database.db, now }, {}, pageOf({ ...query, order_key, order_direction }, { orderKeys: TITLE_KEYS }));

  it.each(TITLE_KEYS.flatMap((key) => DIRECTIONS.map((direction) => [key, direction] as const)))(
    "page by %s %s without loss or repetition, in order",
    async (key, direction) => {
      const whole = await page(key, direction, { per_page: 1000 });
      const walked = await walk(async (query) => {
        const { software_titles, meta } = await page(key, direction, query);
        return { ids: software_titles.map((t) => t.id), next: meta.next_cursor };
      });
      expect(walked).toEqual(whole.software_titles.map((t) => t.id));
      expect(new Set(walked).size).toBe(whole.count);
      const values = whole.software_titles.map((t) => orderedBy(key, { ...t, identifier: t.bundle_identifier }));
      expect(values).toEqual(values.toSorted((a, b) => (a === b ? 0 : a < b === (direction === "asc") ? -1 : 1)));
    },
  );

  it("count exactly the hosts that hold a version, once each", async () => {
    const { software_titles } = await page("name", "asc", { per_page: 1000 });
    const { rows } = await sql<{ id: number; hosts: number; versions: number }>`
      SELECT s.title_id AS id, count(DISTINCT hs.host_id) AS hosts, count(DISTINCT s.id) AS versions
      FROM host_software hs JOIN software s ON s.id = hs.software_id GROUP BY 1 ORDER BY 1`.execute(database.db);
    const counted = software_titles.map((t) => ({ id: t.id, hosts: t.hosts_count, versions: t.versions_count }));
    expect(counted.toSorted((a, b) => a.id - b.id)).toEqual(rows);
    for (const title of software_titles) expect(title.versions).toHaveLength(title.versions_count);
  });

  it("are found by any part of the name, whatever the case, and wildcards mean themselves", async () => {
    const search = async (query: string) => {
      const options = { orderKeys: TITLE_KEYS };
      return (await listTitles({ db: database.db, now }, { query }, pageOf({}, options))).count;
    };
    expect(await search("sOFT_1%")).toBe(await search("soft_1%"));
    expect(await search("sOFT_1%")).toBeGreaterThan(0);
    expect(await search("soft_9_")).toBe(0);
    expect(await search("%%")).toBe(0);
    expect(await search("\\")).toBe(0);
  });

  it("are filtered by source", async () => {
    const { software_titles } = await listTitles(
      { db: database.db, now },
      { sources: ["apps"] },
      pageOf({}, { orderKeys: TITLE_KEYS }),
    );
    expect(new Set(software_titles.map((t) => t.source))).toEqual(new Set(["apps"]));
  });

  it("show their versions with the hosts on each; an unknown one is not found", async () => {
    const { software_titles } = await page("hosts_count", "desc", { per_page: 1 });
    const { software_title } = await readTitle({ db: database.db, now }, software_titles[0]!.id);
    expect(software_title.versions).toHaveLength(software_title.versions_count);
    const counts = software_title.versions.map((v) => v.hosts_count);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    await expect(readTitle({ db: database.db, now }, 999_999)).rejects.toThrow("There is no software title 999999");
  });
});

describe("versions", () => {
  const page = (order_key: SoftwareOrderKey, order_direction: "asc" | "desc", query: object) =>
    listVersions({ db: database.db, now }, {}, pageOf({ ...query, order_key, order_direction }, { orderKeys: VERSION_KEYS }));

  it.each(VERSION_KEYS.flatMap((key) => DIRECTIONS.map((direction) => [key, direction] as const)))(
    "page by %s %s without loss or repetition",
    async (key, direction) => {
      const whole = await page(key, direction, { per_page: 1000 });
      const walked = await walk(async (query) => {
        const { software, meta } = await page(key, direction, query);
        return { ids: software.map((s) => s.id), next: meta.next_cursor };
      });
      expect(walked).toEqual(whole.software.map((s) => s.id));
      expect(new Set(walked).size).toBe(whole.count);
    },
  );

  it("are found by name and version together and read one by one", async () => {
    const found = await listVersions({ db: database.db, now }, { query: "soft_0% 0.0" }, pageOf({}, { orderKeys: VERSION_KEYS }));
    expect(found.software.map((s) => [s.name, s.version])).toEqual([["Soft_0%", "0.0"]]);
    const { software } = await readVersion({ db: database.db, now }, found.software[0]!.id);
    expect(software).toEqual(found.software[0]);
    await expect(readVersion({ db: database.db, now }, 999_999)).rejects.toThrow("There is no software version 999999");
  });
});

describe("a host's software", () => {
  it("pages by title without loss, with all versions of each", async () => {
    const host = hosts[0]!;
    const options = { orderKeys: ["name", "source"] as const, defaultKey: "name" as const };
    const all = await listHostSoftware({ db: database.db }, host, {}, pageOf({ per_page: 1000 }, options));
    const walked = await walk(async (query) => {
      const { software, meta } = await listHostSoftware(
        { db: database.db },
        host,
        {},
        pageOf({ ...query, order_key: "name" }, options),
      );
      return { ids: software.map((s) => s.id), next: meta.next_cursor };
    });
    expect(walked).toEqual(all.software.map((s) => s.id));
    expect(all.software).toHaveLength(all.count);
    expect(all.software.flatMap((s) => s.installed_versions)).toHaveLength(all.versions_count);
    const detail = (await softwareOfHosts({ db: database.db }, [host]))(host);
    expect(detail).toHaveLength(all.versions_count);
  });

  it("is filtered by source and by text", async () => {
    const options = { orderKeys: ["name", "source"] as const, defaultKey: "name" as const };
    const filtered = await listHostSoftware(
      { db: database.db },
      hosts[0]!,
      { sources: ["apps"], query: "SOFT_3" },
      pageOf({}, options),
    );
    expect(filtered.software.map((s) => [s.name, s.source])).toEqual([["Soft_3%", "apps"]]);
    await expect(listHostSoftware({ db: database.db }, 999_999, {}, pageOf({}, options))).rejects.toThrow(
      "There is no host 999999",
    );
  });

  it("is ordered and filtered by architecture as it is shown, both ways", async () => {
    const options = { orderKeys: HOST_SOFTWARE_ORDER_KEYS, defaultKey: "name" as const };
    const list = (filter: object, query: object) =>
      listHostSoftware({ db: database.db }, hosts[5]!, filter, pageOf({ per_page: 1000, order_key: "arch", ...query }, options));
    const { software } = await list({}, {});
    const shown = software.map((title) => title.installed_versions.flatMap((v) => v.arch ?? []).toSorted()[0] ?? "");
    expect(new Set(shown)).toEqual(new Set(["", "arm64", "x86_64"]));
    expect(shown).toEqual(shown.toSorted());
    const ids = software.map((title) => title.id);
    expect((await list({}, { order_direction: "desc" })).software.map((title) => title.id)).toEqual(ids.toReversed());
    const walked = await walk(async (query) => {
      const page = await list({}, query);
      return { ids: page.software.map((title) => title.id), next: page.meta.next_cursor };
    });
    expect(walked).toEqual(ids);
    const held = software.filter((title) => title.installed_versions.some((v) => v.arch === "arm64"));
    expect((await list({ arch: "ARM64" }, {})).software.map((title) => title.id)).toEqual(held.map((title) => title.id));
  });

  it("tells what each source last said", async () => {
    const sources = await hostSources({ db: database.db }, hosts[0]!);
    expect(sources.map((s) => [s.source, s.rows_count, s.error])).toEqual([
      ["apps", 15, null],
      ["deb_packages", 30, null],
    ]);
  });
});
