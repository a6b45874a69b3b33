import { Client } from "pg";
import { postgresCpu } from "../system/usage.ts";

/** What PostgreSQL does for the same rows when one program does nothing but hand them over, one transaction a host, made durable. */
export interface DatabaseLimit {
  /** Hosts whose links were inserted, a transaction each. */
  hostsPerSecond: number;
  rowsPerSecond: number;
  /** CPU milliseconds of the database for one host's links. */
  hostCpuMs: number;
  /** Transactions that update one row of their own. */
  commitsPerSecond: number;
  /** The query behind every poll: a session by its key. */
  sessionsPerSecond: number;
}

const CONNECTIONS = 8;

/** Measures on the loaded database, in a table of its own that has the indexes of the real one. */
export async function measureDatabase(url: string, postmasterPid: number, seconds: number): Promise<DatabaseLimit> {
  const clients = Array.from({ length: CONNECTIONS }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const [first] = clients;
  if (first === undefined) throw new Error("no connection");
  try {
    await first.query("CREATE TABLE bench_links (LIKE host_software INCLUDING ALL)");
    await first.query("CREATE TABLE bench_counter (id int PRIMARY KEY, n int NOT NULL)");
    await first.query("INSERT INTO bench_counter SELECT i, 0 FROM generate_series(0, $1::int) i", [CONNECTIONS]);
    const links = await linksOfHosts(first, 1000);
    let rows = 0;
    const before = postgresCpu(postmasterPid);
    const inserts = await repeat(clients, seconds, async (client, i) => {
      const ids = links[i % links.length] ?? [];
      rows += ids.length;
      const insert = "INSERT INTO bench_links (host_id, software_id) SELECT $1, unnest($2::integer[])";
      await client.query({ name: "insert", text: insert, values: [i, ids] });
    });
    const insertCpu = postgresCpu(postmasterPid) - before;
    const commits = await repeat(clients, seconds, async (client, _i, own) => {
      await client.query({ name: "commit", text: "UPDATE bench_counter SET n = n + 1 WHERE id = $1", values: [own] });
    });
    return {
      hostsPerSecond: inserts.count / inserts.seconds,
      rowsPerSecond: rows / inserts.seconds,
      hostCpuMs: (insertCpu * 1000) / Math.max(1, inserts.count),
      commitsPerSecond: commits.count / commits.seconds,
      sessionsPerSecond: await measureSessions(clients, first, seconds),
    };
  } finally {
    await first.query("DROP TABLE IF EXISTS bench_links, bench_counter");
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function linksOfHosts(client: Client, hosts: number): Promise<string[][]> {
  const { rows } = await client.query<{ ids: string[] }>(
    "SELECT array_agg(software_id ORDER BY software_id) AS ids FROM host_software GROUP BY host_id ORDER BY host_id LIMIT $1",
    [hosts],
  );
  return rows.map((row) => row.ids);
}

async function measureSessions(clients: Client[], first: Client, seconds: number): Promise<number> {
  const keys = await first.query<{ key: Buffer }>("SELECT node_key_hash AS key FROM host_enrollments LIMIT 1000");
  const text = `SELECT e.host_id, e.agent, e.reported_at, h.platform, h.hostname, h.refetch_requested
    FROM host_enrollments e JOIN hosts h ON h.id = e.host_id WHERE e.node_key_hash = $1`;
  const result = await repeat(clients, seconds, async (client, i) => {
    const key = keys.rows[i % keys.rows.length]?.key;
    await client.query({ name: "session", text, values: [key] });
  });
  return result.count / result.seconds;
}

async function repeat(
  clients: Client[],
  seconds: number,
  work: (client: Client, i: number, own: number) => Promise<void>,
): Promise<{ count: number; seconds: number }> {
  const started = performance.now();
  let count = 0;
  await Promise.all(
    clients.map(async (client, own) => {
      while (performance.now() - started < seconds * 1000) await work(client, count++, own);
    }),
  );
  return { count, seconds: (performance.now() - started) / 1000 };
}
