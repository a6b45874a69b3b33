import { sql, type Compilable } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readonly } from "#server/database/pools.ts";
import { hostPageQuery } from "#server/devices/host-list-store.ts";
import { pageOf } from "#server/http/paging.ts";
import { softwarePageQuery } from "#server/inventory/software-store.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { hostVulnerabilityPageQuery } from "./hosts/host-vulnerability-store.ts";
import { exposurePageQuery } from "./lists/exposure-list-store.ts";
import { subjectChangesTake } from "./matching/change-store.ts";

/** What lists read of a fleet with 100,000 findings: never all findings, subjects or links. */

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await seed();
}, 120_000);
afterAll(() => database.close());

/** 1,000 hosts with 100 of 5,000 software rows each; every software has 20 of 5,000 vulnerabilities. */
async function seed(): Promise<void> {
  await database.pool.query(`
    INSERT INTO hosts (hostname) SELECT 'h' || n FROM generate_series(1, 1000) n;
    INSERT INTO software_titles (name, source, checksum) SELECT 'title ' || n, 'deb_packages', decode(md5(n::text), 'hex') FROM generate_series(1, 1000) n;
    INSERT INTO software (title_id, name, version, source, checksum)
      SELECT t.id, t.name, v::text, 'deb_packages', decode(md5(t.id || '/' || v), 'hex') FROM software_titles t, generate_series(1, 5) v;
    INSERT INTO host_software (host_id, software_id)
      SELECT h.id, 1 + (h.id * 37 + n * 101) % 5000 FROM hosts h, generate_series(1, 100) n ON CONFLICT DO NOTHING;
    INSERT INTO software_counts (software_id, source, hosts_count)
      SELECT software_id, 'deb_packages', count(*) FROM host_software GROUP BY 1 ON CONFLICT (software_id) DO UPDATE SET hosts_count = EXCLUDED.hosts_count;
    INSERT INTO match_subjects (software_id, os_scope_id, identity) SELECT id, 0, '{}' FROM software;
    INSERT INTO vulnerabilities (cve, cvss_score, severity) SELECT 'CVE-2024-' || (10000 + n), (n % 100) / 10.0, 'high' FROM generate_series(1, 5000) n;
    INSERT INTO findings (subject_id, vulnerability_id, state, confidence, record_id, range_index)
      SELECT m.id, 1 + (m.id * 13 + n * 29) % 5000, 'affected', 'exact', 1, 0 FROM match_subjects m, generate_series(1, 20) n ON CONFLICT DO NOTHING;
    INSERT INTO vulnerability_exposures (vulnerability_id, cve, severity, first_seen, hosts_count) SELECT id, cve, severity, now(), 1 FROM vulnerabilities;
    INSERT INTO software_exposures (software_id, vulnerabilities_count) SELECT software_id, 20 FROM match_subjects;
    ANALYZE`);
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  Plans?: PlanNode[];
}

/** Tables that a query reads whole. */
async function wholeTables(query: Compilable): Promise<string[]> {
  const { sql: text, parameters } = query.compile();
  const { rows } = await database.pool.query(`explain (format json) ${text}`, [...parameters]);
  const whole: string[] = [];
  const walk = (node: PlanNode): void => {
    if (node["Node Type"] === "Seq Scan") whole.push(node["Relation Name"] ?? "");
    node.Plans?.forEach(walk);
  };
  walk((rows as { "QUERY PLAN": [{ Plan: PlanNode }] }[])[0]?.["QUERY PLAN"][0].Plan ?? { "Node Type": "" });
  return whole.filter((table) => ["findings", "match_subjects", "host_software", "software"].includes(table));
}

test("hosts of a vulnerability, a host's vulnerabilities and the fleet's list read no large table whole", async () => {
  const { db } = database;
  const byId = pageOf({}, { orderKeys: ["id"] as const });
  expect(await wholeTables(hostPageQuery(readonly(db), { vulnerability: "CVE-2024-10001" }, byId, new Date()))).toEqual([]);
  const byScore = pageOf({ order_key: "cvss_score" }, { orderKeys: ["cvss_score"] as const });
  expect(await wholeTables(hostVulnerabilityPageQuery(db, 1, { suppressed: "no" }, byScore))).toEqual([]);
  for (const filter of [{}, { softwareId: 1 }, { query: "CVE-2024-10001" }]) {
    // oxlint-disable-next-line no-await-in-loop -- one plan after the other
    expect(await wholeTables(exposurePageQuery(db, { suppressed: "no", ...filter }, byScore))).toEqual([]);
  }
});

test("software by its vulnerabilities is found in what is counted of each row, and by one vulnerability through its findings", async () => {
  const { db } = database;
  const byHosts = pageOf({ order_key: "hosts_count" }, { orderKeys: ["hosts_count"] as const });
  expect(await wholeTables(softwarePageQuery(db, { vulnerable: true, cvssMin: 7 }, byHosts))).toEqual([]);
  expect(await wholeTables(softwarePageQuery(db, { vulnerability: "CVE-2024-10001" }, byHosts))).toEqual([]);
  const { rows } = await sql<{ n: number }>`SELECT count(*)::integer AS n FROM findings`.execute(db);
  expect(rows[0]?.n).toBeGreaterThan(75_000);
});

/** How many rows of a table a statement reads; what it writes is taken back. */
async function rowsRead(query: Compilable, table: string): Promise<number> {
  const { sql: text, parameters } = query.compile();
  const client = await database.pool.connect();
  try {
    await client.query("BEGIN");
    // where looking up is dear, plans that read whole tables show themselves
    await client.query("SET LOCAL random_page_cost = 100");
    const { rows } = await client.query(`explain (analyze, format json) ${text}`, [...parameters]);
    let read = 0;
    const walk = (node: PlanNode): void => {
      if (node["Relation Name"] === table) read += (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 0);
      node.Plans?.forEach(walk);
    };
    walk((rows as { "QUERY PLAN": [{ Plan: PlanNode }] }[])[0]?.["QUERY PLAN"][0].Plan ?? { "Node Type": "" });
    return read;
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

test("a host's changes read the findings of what it holds, also when nearly all vulnerabilities wait to be counted", async () => {
  await database.pool.query(`
    INSERT INTO exposure_queue (vulnerability_id) SELECT id FROM vulnerabilities WHERE id <> 7;
    INSERT INTO subject_changes (host_id) SELECT id FROM hosts ORDER BY id LIMIT 5;
    ANALYZE exposure_queue, subject_changes`);
  const { db } = database;
  const take = { compile: () => subjectChangesTake(1000).compile(db) } as Compilable;
  const read = await rowsRead(take, "findings");
  expect(read).toBeGreaterThan(0);
  // five hosts of 100 rows with 20 findings each
  expect(read).toBeLessThanOrEqual(5 * 100 * 20);
});
