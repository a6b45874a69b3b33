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

/** The very links that are stored, with all their columns, as a program would hand them over that knows nothing but links. */
const INSERT = `
  INSERT INTO bench_links (host_id, software_id, facts_id, last_opened_at, installed_paths, signature_information, installed_by)
  SELECT $1, r.software_id, r.facts_id, r.opened, r.paths::text[], r.signatures::json, r.installed_by
  FROM unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
    AS r (software_id, facts_id, opened, paths, signatures, installed_by)`;

/** Measures on the loaded database, in a table of its own with the columns, partitions and indexes of the real one. */
export async function measureDatabase(url: string, postmasterPid: number, seconds: number): Promise<DatabaseLimit> {
  const clients = Array.from({ length: CONNECTIONS }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const [first] = clients;
  if (first === undefined) throw new Error("no connection");
  try {
    await createLinks(first);
    await first.query("CREATE TABLE bench_counter (id int PRIMARY KEY, n int NOT NULL)");
    await first.query("INSERT INTO bench_counter SELECT i, 0 FROM generate_series(0, $1::int) i", [CONNECTIONS]);
    const links = await linksOfHosts(first, 1000);
    let rows = 0;
    const before = postgresCpu(postmasterPid);
    const inserts = await repeat(clients, seconds, async (client, i) => {
      const host = links[i % links.length];
      rows += host?.rows ?? 0;
      await client.query({ name: "insert", text: INSERT, values: [i, ...(host?.columns ?? [])] });
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

async function createLinks(client: Client): Promise<void> {
  const partitions = Number(
    (await client.query("SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'host_software'::regclass")).rows[0].n,
  );
  await client.query("CREATE TABLE bench_links (LIKE host_software INCLUDING ALL) PARTITION BY HASH (host_id)");
  for (let i = 0; i < partitions; i++) {
    const bounds = `MODULUS ${partitions}, REMAINDER ${i}`;
    await client.query(`CREATE TABLE bench_links_p${i} PARTITION OF bench_links FOR VALUES WITH (${bounds})`);
  }
}

/** Each host's links, an array a column, as PostgreSQL writes arrays. */
async function linksOfHosts(client: Client, hosts: number): Promise<{ rows: number; columns: (string | null)[] }[]> {
  const columns = [
    "software_id",
    "facts_id",
    "last_opened_at",
    "installed_paths::text",
    "signature_information::text",
    "installed_by",
  ];
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT count(*), ${columns.map((column) => `array_agg(${column} ORDER BY software_id)::text`).join(", ")}
      FROM host_software GROUP BY host_id ORDER BY host_id LIMIT $1`,
    values: [hosts],
    rowMode: "array",
  });
  return rows.map(([count, ...arrays]) => ({ rows: Number(count), columns: arrays }));
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
