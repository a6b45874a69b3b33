import { createHash } from "node:crypto";
import { Client } from "pg";

/** How a large fleet is made of a few hosts that really reported. */
export interface Multiplication {
  url: string;
  /** Hosts wanted in all; those that are there are the prototypes, and stay. */
  hosts: number;
  /** The key of the nth host that is made, for devices that will speak for it. */
  nodeKey: (n: number) => string;
  say: (line: string) => void;
}

/** Tables whose rows of a prototype every host made of it gets a copy of, and the columns that are its own. */
const COPIED = ["host_software_sources", "host_seen_times", "label_membership"] as const;
const WORKERS = 2;
const HOSTS_PER_STATEMENT = 200;

/**
 * Copies the hosts that reported until there are as many as wanted: new hosts with keys of their own, the same software, the same
 * digests. By SQL, because loading tens of millions of links through check-ins takes hours and measures nothing that the first
 * thousand did not. Counts are made anew from the rows; that they are right is what `muster doctor` is asked afterwards.
 */
export async function multiplyHosts({ url, hosts, nodeKey, say }: Multiplication): Promise<{ made: number; links: number }> {
  const db = new Client({ connectionString: url });
  await db.connect();
  try {
    await db.query("SET synchronous_commit = off; SET maintenance_work_mem = '2GB'; SET max_parallel_maintenance_workers = 2");
    const made = await makeHosts(db, hosts, nodeKey);
    say(`${made} hosts made; copying their rows`);
    for (const table of COPIED) await copyRows(db, table);
    const links = await copyLinks(db, url, say);
    await recount(db, say);
    await db.query("DROP TABLE bench_copies");
    await db.query("VACUUM (ANALYZE)");
    return { made, links };
  } finally {
    await db.end();
  }
}

/** New hosts and enrolments, and the table `bench_copies` that says which prototype each is a copy of. */
async function makeHosts(db: Client, hosts: number, nodeKey: (n: number) => string): Promise<number> {
  const prototypes = await ids(db, "SELECT id FROM hosts ORDER BY id");
  const wanted = Math.max(0, hosts - prototypes.length);
  await db.query(
    "CREATE TABLE bench_copies (n integer PRIMARY KEY, host_id bigint, prototype_id bigint NOT NULL, key_hash bytea NOT NULL)",
  );
  for (let from = 0; from < wanted; from += 10_000) {
    const numbers = Array.from({ length: Math.min(10_000, wanted - from) }, (_, i) => from + i);
    await db.query(
      "INSERT INTO bench_copies (n, prototype_id, key_hash) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[])",
      [
        numbers,
        numbers.map((n) => prototypes[n % prototypes.length]),
        numbers.map((n) => createHash("sha256").update(nodeKey(n)).digest()),
      ],
    );
  }
  await db.query("UPDATE bench_copies SET host_id = nextval(pg_get_serial_sequence('hosts', 'id'))");
  await db.query("CREATE UNIQUE INDEX ON bench_copies (host_id)");
  await copyTable(db, "hosts", {
    id: "c.host_id",
    hostname: "'scale-' || c.n",
    computer_name: "'scale-' || c.n",
    uuid: "gen_random_uuid()::text",
    hardware_serial: "'SC' || c.n",
    primary_ip: "'10.' || c.n / 65536 || '.' || c.n / 256 % 256 || '.' || c.n % 256",
  });
  await copyTable(db, "host_enrollments", {
    host_id: "c.host_id",
    identifier: "'scale-' || c.n",
    node_key_hash: "c.key_hash",
  });
  return wanted;
}

async function copyRows(db: Client, table: string): Promise<void> {
  await copyTable(db, table, { host_id: "c.host_id" });
}

/** Copies rows of the prototypes; `own` gives the columns that differ. Identity columns not named there count on by themselves. */
async function copyTable(db: Client, table: string, own: Record<string, string>): Promise<void> {
  const columns = (await columnsOf(db, table)).filter((column) => column !== "id" || "id" in own);
  const values = columns.map((column) => own[column] ?? `t.${column}`);
  const key = table === "hosts" ? "t.id" : "t.host_id";
  await db.query(`INSERT INTO ${table} (${columns.join(", ")}) OVERRIDING SYSTEM VALUE
    SELECT ${values.join(", ")} FROM bench_copies c JOIN ${table} t ON ${key} = c.prototype_id ORDER BY c.host_id`);
}

async function columnsOf(db: Client, table: string): Promise<string[]> {
  const { rows } = await db.query<{ column_name: string }>(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'",
    [table],
  );
  return rows.map((row) => row.column_name);
}

async function ids(db: Client, text: string): Promise<number[]> {
  const { rows } = await db.query<{ id: string }>(text);
  return rows.map((row) => Number(row.id));
}

/** The links themselves, host after host as check-ins would lay them; without indexes, which are built afterwards. */
async function copyLinks(db: Client, url: string, say: (line: string) => void): Promise<number> {
  const indexes = await dropIndexes(db);
  const columns = (await columnsOf(db, "host_software")).filter((column) => column !== "host_id").join(", ");
  await db.query("CREATE TABLE bench_links AS SELECT * FROM host_software");
  await db.query("CREATE INDEX ON bench_links (host_id)");
  await db.query("ANALYZE bench_links");
  const { rows } = await db.query<{ low: string; high: string }>(
    "SELECT min(host_id) AS low, max(host_id) AS high FROM bench_copies",
  );
  const next = { from: Number(rows[0]?.low ?? 0), end: Number(rows[0]?.high ?? -1) + 1, done: 0 };
  await Promise.all(
    Array.from({ length: WORKERS }, () => copyRanges(url, next, columns, (links) => say(`${links} links copied`))),
  );
  await db.query("DROP TABLE bench_links");
  for (const index of indexes) {
    say(`building ${index.slice(0, 80)}`);
    await db.query(index);
  }
  return next.done;
}

async function copyRanges(
  url: string,
  next: { from: number; end: number; done: number },
  columns: string,
  progress: (links: number) => void,
): Promise<void> {
  const db = new Client({ connectionString: url });
  await db.connect();
  await db.query("SET synchronous_commit = off");
  while (next.from < next.end) {
    const from = next.from;
    next.from += HOSTS_PER_STATEMENT;
    const before = Math.floor(next.done / 5_000_000);
    const { rowCount } = await db.query(
      `INSERT INTO host_software (host_id, ${columns}) SELECT c.host_id, ${columns
        .split(", ")
        .map((column) => `l.${column}`)
        .join(", ")}
       FROM bench_copies c JOIN bench_links l ON l.host_id = c.prototype_id
       WHERE c.host_id >= $1 AND c.host_id < $2 ORDER BY c.host_id`,
      [from, from + HOSTS_PER_STATEMENT],
    );
    next.done += rowCount ?? 0;
    if (Math.floor(next.done / 5_000_000) > before) progress(next.done);
  }
  await db.end();
}

/** Takes the indexes off the table of links; returns the statements that bring them back. */
async function dropIndexes(db: Client): Promise<string[]> {
  const { rows } = await db.query<{ name: string; definition: string; constraint: string | null }>(`
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, pg_get_constraintdef(k.oid) AS constraint
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid
    WHERE i.indrelid = 'host_software'::regclass`);
  const back: string[] = [];
  for (const { name, definition, constraint } of rows) {
    if (constraint === null) {
      await db.query(`DROP INDEX ${name}`);
      back.push(definition.replace(" ON ONLY ", " ON "));
    } else {
      await db.query(`ALTER TABLE host_software DROP CONSTRAINT ${name}`);
      back.push(`ALTER TABLE host_software ADD CONSTRAINT ${name} ${constraint}`);
    }
  }
  return back;
}

/** Every count, from the rows; the ledger holds nothing that is not in them. */
async function recount(db: Client, say: (line: string) => void): Promise<void> {
  say("counting");
  await db.query("BEGIN");
  for (const table of [
    "software_count_changes",
    "software_counts",
    "software_title_counts",
    "label_counts",
    "label_software_counts",
    "label_title_counts",
  ])
    await db.query(`TRUNCATE ${table}`);
  await db.query("UPDATE labels SET counted_at = NULL");
  await db.query(
    "INSERT INTO label_counts (label_id, hosts_count) SELECT label_id, count(*) FROM label_membership GROUP BY label_id",
  );
  await db.query(`INSERT INTO software_counts (software_id, source, hosts_count)
    SELECT s.id, s.source, n.hosts FROM (SELECT software_id, count(*) AS hosts FROM host_software GROUP BY software_id) n
    JOIN software s ON s.id = n.software_id`);
  await db.query(`INSERT INTO software_title_counts (title_id, source, hosts_count, versions_count)
    SELECT t.id, t.source, h.hosts, v.versions FROM software_titles t
    JOIN (SELECT s.title_id, count(DISTINCT hs.host_id) AS hosts FROM host_software hs JOIN software s ON s.id = hs.software_id GROUP BY s.title_id) h ON h.title_id = t.id
    JOIN (SELECT s.title_id, count(*) AS versions FROM software_counts c JOIN software s ON s.id = c.software_id GROUP BY s.title_id) v ON v.title_id = t.id`);
  await db.query("COMMIT");
}
