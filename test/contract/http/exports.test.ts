import { get as httpGet } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DOWNLOADS_MAX } from "#server/http/download.ts";
import { liveHeap } from "#test/support/live-heap.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

const HOSTS = 200;
const SOFTWARE_PER_HOST = 500;
const FORMULA = '=HYPERLINK(evil), "x"';

let server: TestServer;

/** Made by the database itself: 100,000 links, one device with a formula for a name, a hundred vendors. */
beforeAll(async () => {
  server = await testServer();
  const { db } = server;
  await sql`INSERT INTO hosts (hostname, platform) SELECT CASE WHEN i = 1 THEN ${FORMULA} ELSE 'host-' || i END, 'debian' FROM generate_series(1, ${sql.lit(HOSTS)}) i`.execute(
    db,
  );
  await sql`INSERT INTO host_seen_times (host_id, seen_time) SELECT id, now() FROM hosts`.execute(db);
  await sql`
    INSERT INTO software_titles (checksum, name, source) SELECT decode(md5('t' || i), 'hex'), 'Title ' || i, 'deb_packages' FROM generate_series(1, 1000) i`.execute(
    db,
  );
  await sql`
    INSERT INTO software (title_id, checksum, name, version, source, vendor, created_at)
    SELECT t.id, decode(md5('s' || t.id || v), 'hex'), t.name, '1.' || v, t.source, 'Vendor ' || t.id % 100, now() - make_interval(days => (t.id % 30)::integer)
    FROM software_titles t, generate_series(1, 2) v`.execute(db);
  await sql`
    INSERT INTO host_software (host_id, software_id)
    SELECT h.id, (SELECT min(id) FROM software) + (h.id * 7 + i) % 2000 FROM hosts h, generate_series(1, ${sql.lit(SOFTWARE_PER_HOST)}) i`.execute(
    db,
  );
  await sql`INSERT INTO software_counts SELECT s.id, s.source, count(*) FROM host_software hs JOIN software s ON s.id = hs.software_id GROUP BY 1`.execute(
    db,
  );
  await sql`
    INSERT INTO software_title_counts SELECT s.title_id, 'deb_packages', count(DISTINCT hs.host_id), count(DISTINCT s.id)
    FROM host_software hs JOIN software s ON s.id = hs.software_id GROUP BY 1`.execute(db);
}, 120_000);
afterAll(() => server.stop());

const address = (path: string) => `${server.url}/api/latest/fleet${path}`;
const headers = () => ({ authorization: `Bearer ${server.token}` });

async function get(path: string): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await fetch(address(path), { headers: headers() });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

async function lines(path: string): Promise<Record<string, unknown>[]> {
  const { status, text } = await get(path);
  expect([status, status === 200 ? "" : text]).toEqual([200, ""]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Database connections that an export holds at this moment. */
async function held(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::integer AS n FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND (xact_start IS NOT NULL)`.execute(server.db);
  return rows[0]?.n ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop
    if (await condition()) return;
    // oxlint-disable-next-line no-await-in-loop
    await delay(50);
  }
  expect.unreachable("waited too long");
}

describe("an export", () => {
  it.each([
    ["titles", "/software/titles", "software_titles", ""],
    ["titles of a vendor", "/software/titles", "software_titles", "vendor=vendor%207"],
    [
      "titles first seen lately",
      "/software/titles",
      "software_titles",
      `first_seen_since=${new Date(Date.now() - 5 * 86_400_000).toISOString()}`,
    ],
    ["titles on many", "/software/titles", "software_titles", "hosts_count_min=90&hosts_count_max=95"],
    ["titles of a platform", "/software/titles", "software_titles", "platform=linux&query=title%201"],
    ["versions", "/software/versions", "software", "query=title%2042%201.1"],
    ["versions by vendor", "/software/versions", "software", "vendor=Vendor%203&order_key=vendor"],
  ])("of %s is exactly the list, in its order", async (_what, path, key, filter) => {
    const order = filter.includes("order_key") ? "" : "&order_key=name&order_direction=desc";
    const listed = await get(`${path}?per_page=1000&${filter}${order}`);
    const answer = JSON.parse(listed.text) as Record<string, { id: number }[]> & { count: number };
    const exported = await lines(`${path}/report?format=ndjson&${filter}${order}`);
    expect(answer.count).toBe(exported.length);
    expect(exported.length).toBeGreaterThan(0);
    expect(exported.slice(0, 1000).map((row) => row["id"])).toEqual(answer[key]?.map((row) => row.id));
  });

  it("of hosts as CSV has the chosen columns in the chosen order, formulas as text, and RFC 4180's line ends", async () => {
    const { text, headers: sent } = await get("/hosts/report?columns=hostname,id,platform&order_key=id");
    const [head, first, ...rest] = text.split("\r\n");
    expect(head).toBe("hostname,id,platform");
    expect(first).toMatch(/^"'=HYPERLINK\(evil\), ""x""",\d+,debian$/);
    expect(rest).toHaveLength(HOSTS);
    expect(sent.get("content-disposition")).toMatch(/^attachment; filename="muster-hosts-\d{4}-\d\d-\d\d\.csv"$/);
    expect(sent.get("content-type")).toBe("text/csv; charset=utf-8");
    expect((await get("/hosts/report?bom=true")).text.startsWith("id,")).toBe(true); // fetch takes the mark off
  });

  it("of a host's software and of who has what are the rows there are", async () => {
    const { id } = await server.db.selectFrom("hosts").select("id").orderBy("id").limit(1).executeTakeFirstOrThrow();
    const software = await lines(`/hosts/${id}/software/report?format=ndjson`);
    expect(software).toHaveLength(SOFTWARE_PER_HOST);
    const holders = await lines("/software/hosts/report?format=ndjson&columns=host_id,software_id");
    expect(holders).toHaveLength(HOSTS * SOFTWARE_PER_HOST);
    expect(new Set(holders.map((row) => `${String(row["host_id"])} ${String(row["software_id"])}`)).size).toBe(holders.length);
    const title = software[0]?.["software_title_id"];
    const ofTitle = await lines(`/software/hosts/report?format=ndjson&software_title_id=${String(title)}`);
    const counted = await server.db
      .selectFrom("software_title_counts")
      .select("hosts_count")
      .where("title_id", "=", Number(title))
      .executeTakeFirstOrThrow();
    expect(new Set(ofTitle.map((row) => row["host_id"])).size).toBe(counted.hosts_count);
  });

  it("refuses unknown columns by name, unknown hosts and labels, and who is not logged in", async () => {
    const wrong = await get("/hosts/report?columns=id,nonsense");
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("Not a column: nonsense")]);
    expect((await get("/hosts/999999/software/report")).status).toBe(404);
    expect((await get("/software/titles/report?label_id=999999")).status).toBe(404);
    expect((await fetch(address("/hosts/report"))).status).toBe(401);
  });

  it("gives its connection back when the receiver goes away, and memory stays flat meanwhile", async () => {
    await until(async () => (await held()) === 0);
    const abort = new AbortController();
    const answer = await fetch(address("/software/hosts/report"), { headers: headers(), signal: abort.signal });
    const reader = answer.body!.getReader();
    await reader.read();
    expect(await held()).toBe(1);
    abort.abort();
    await until(async () => (await held()) === 0);
    const before = liveHeap();
    let bytes = 0;
    const grown: number[] = [];
    for await (const chunk of (await fetch(address("/software/hosts/report"), { headers: headers() })).body!) {
      bytes += chunk.length;
      if (bytes > (grown.length + 1) * 3_000_000) grown.push(liveHeap() - before);
    }
    expect(grown.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...grown)).toBeLessThan(5_000_000);
  });

  it("waits for a slow receiver, and more than a few at once are asked to come later", async () => {
    const slow = await Promise.all(
      Array.from({ length: DOWNLOADS_MAX }, async () => {
        const { promise, resolve } = Promise.withResolvers<import("node:http").IncomingMessage>();
        httpGet(address("/software/hosts/report"), { headers: headers() }, (response) => resolve(response.pause()));
        return promise;
      }),
    );
    const refused = await get("/hosts/report");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
    for (const response of slow) response.destroy();
    await until(async () => (await get("/hosts/report?columns=id")).status === 200);
    await until(async () => (await held()) === 0);
  });
});
