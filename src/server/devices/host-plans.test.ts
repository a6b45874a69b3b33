import type { Compilable } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOST_ORDER_KEYS } from "#protocol/rest/hosts.ts";
import { readonly } from "#server/database/pools.ts";
import type { ReadonlyDatabase } from "#server/database/tables.ts";
import { pageOf } from "#server/http/paging.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { seedHosts } from "#test/support/seed-hosts.ts";
import { ENROLLMENTS_BY_NODE_KEYS } from "./enrollment-store.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { hostCountQuery, hostPageQuery } from "./host-list-store.ts";
import { seenTimesForward } from "./seen-store.ts";

/** Which indexes the queries use on 100,000 hosts: a changed expression that no longer matches its index fails here. */

const HOSTS = 100_000;
const now = new Date();
let database: TestDatabase;
let replica: ReadonlyDatabase;

beforeAll(async () => {
  database = await testDatabase();
  replica = readonly(database.db);
  await seedHosts(database.db, HOSTS);
}, 120_000);
afterAll(() => database.close());

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  Plans?: PlanNode[];
}

/** What a query reads: index names, and `seq <table>` for whole tables. */
async function readsOf(text: string, parameters: readonly unknown[]): Promise<string[]> {
  const { rows } = await database.pool.query(`explain (analyze, format json) ${text}`, [...parameters]);
  const [{ Plan: plan }] = (rows as { "QUERY PLAN": [{ Plan: PlanNode }] }[])[0]?.["QUERY PLAN"] ?? [{ Plan: null as never }];
  const reads: string[] = [];
  const walk = (node: PlanNode): void => {
    if (node["Index Name"] !== undefined) reads.push(node["Index Name"].replace(/_p\d+_/, "_"));
    else if (node["Node Type"] === "Seq Scan") reads.push(`seq ${node["Relation Name"] ?? ""}`);
    node.Plans?.forEach(walk);
  };
  walk(plan);
  return [...new Set(reads)].toSorted();
}

const reads = (query: Compilable) => readsOf(query.compile().sql, query.compile().parameters);
const pageBy = (order_key: string, order_direction: "asc" | "desc", after?: string) =>
  pageOf({ order_key, order_direction, ...(after === undefined ? {} : { after }) }, { orderKeys: HOST_ORDER_KEYS });

/** As a fleet has: of which labels a host is asked by the host, whatever is in them. */
async function manyMembers(): Promise<void> {
  await database.pool.query(`
    WITH made AS (INSERT INTO labels (name, label_membership_type) VALUES ('many', 'manual') RETURNING id)
    INSERT INTO label_membership (host_id, label_id) SELECT h.id, made.id FROM hosts h, made WHERE h.id % 4 = 0`);
  await database.pool.query("ANALYZE label_membership");
}

test("a node key is looked up by its index, without reading any whole table", async () => {
  await manyMembers();
  const key = Buffer.alloc(32);
  const used = await readsOf(ENROLLMENTS_BY_NODE_KEYS, [[key], now]);
  expect(used).toContain("host_enrollments_node_key_hash_key");
  // Muster's agent on the host is looked for by the host: by the agent, all of them would be read once statistics are old
  expect(used).toContain("host_enrollments_host_id");
  expect(used).not.toContain("host_enrollments_agent_identifier_key");
  // whether there are settings or labels for some hosts only is asked of two tables that hold a few dozen rows whatever the fleet
  const whole = used.filter((read) => read.startsWith("seq"));
  expect(whole.filter((read) => read !== "seq collection_settings" && read !== "seq labels")).toEqual([]);
});

test.each([
  ["id", "hosts_pkey", "50000,50000"],
  ["hostname", "hosts_hostname", "host-7,500"],
  ["display_name", "hosts_display_name", "computer%205,500"],
  ["computer_name", "hosts_computer_name", "computer%205,500"],
  ["platform", "hosts_platform", "rhel,500"],
  ["os_version", "hosts_os_version", "os%203,500"],
  ["last_enrolled_at", "hosts_last_enrolled_at", "2020-01-01T00%3A00%3A00Z,500"],
  ["hardware_serial", "hosts_hardware_serial", "sn7,500"],
  ["hardware_model", "hosts_hardware_model", "model%205,500"],
  ["primary_ip", "hosts_primary_ip", "10.0.5,500"],
  ["created_at", "hosts_created_at", "2020-01-01T00%3A00%3A00Z,500"],
])("a page ordered by %s comes from index %s, in both directions and after a cursor", async (key, index, cursor) => {
  expect(await reads(hostPageQuery(replica, {}, pageBy(key, "asc"), now))).toEqual([index]);
  expect(await reads(hostPageQuery(replica, {}, pageBy(key, "desc"), now))).toEqual([index]);
  expect(await reads(hostPageQuery(replica, {}, pageBy(key, "asc", cursor), now))).toEqual([index]);
});

test.each<[string, HostFilter, string[]]>([
  ["a serial's beginning", { query: "sn7f1b" }, ["hosts_search"]],
  ["two words", { query: "computer 4711" }, ["hosts_search"]],
  ["an address", { query: "10.0.3.7" }, ["hosts_public_ip", "hosts_search"]],
  ["a platform", { platform: "darwin" }, ["hosts_platform"]],
  ["hosts enrolled today", { status: "new" }, ["hosts_created_at"]],
])("a count by %s uses its index", async (_name, filter, indexes) => {
  expect(await reads(hostCountQuery(replica, filter, now))).toEqual(indexes);
});

test("hosts of a software version or title come from the links' index", async () => {
  const { id, title_id } = await database.db.selectFrom("software").select(["id", "title_id"]).executeTakeFirstOrThrow();
  for (const filter of [{ software_version_id: id }, { software_title_id: title_id }]) {
    const used = await reads(hostPageQuery(replica, filter, pageBy("display_name", "asc"), now));
    expect(used).toContain("host_software_software_id_host_id_idx");
    expect(used.filter((read) => read.startsWith("seq"))).toEqual([]);
  }
});

test("a second's polls of 100,000 hosts are written in one statement that touches no index", async () => {
  const rows = Array.from({ length: 11_700 }, (_, i) => ({ host_id: 1 + i * 8, seen_at: new Date(), reported_at: null }));
  const start = performance.now();
  await seenTimesForward(database.db, rows);
  expect(performance.now() - start).toBeLessThan(5000);
  await database.pool.query("select pg_stat_force_next_flush()");
  const { rows: stats } = await database.pool.query(
    "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'host_seen_times'",
  );
  expect(stats).toEqual([{ n_tup_upd: 11_700, n_tup_hot_upd: 11_700 }]);
});
