import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { startEmbeddedPostgres } from "#server/database/embedded.ts";
import { createLog } from "#server/observe/log.ts";

/** The PostgreSQL that the server under measurement uses, and the bench's own eyes on it. */
export interface BenchDatabase {
  url: string;
  postmasterPid: number;
  version: string;
  /** The settings that decide how durable a commit is. */
  durability(): Promise<Record<string, string>>;
  /** Position in the write-ahead log, bytes. */
  walPosition(): Promise<number>;
  /** Full-page images in the log since the start. */
  walPageImages(): Promise<number>;
  tableSizes(): Promise<TableSize[]>;
  /** How often any host's software was changed: every change advances its host's sequence by one. */
  softwareChanges(): Promise<number>;
  softwareCounts(hostnames: string[]): Promise<Map<string, number>>;
  rowCount(table: string): Promise<number>;
  query<R>(text: string, values?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

export interface TableSize {
  table: string;
  rows: number;
  /** The table with its indexes, partitions together. */
  bytes: number;
  indexBytes: number;
}

/**
 * Starts the embedded PostgreSQL in a directory with the settings it always has: commits are durable.
 *
 * @param preload gathers statistics of statements (pg_stat_statements), for profiles
 * @param more settings of PostgreSQL besides, by name
 */
export async function startDatabase(
  directory: string,
  preload: boolean,
  more: Record<string, string> = {},
): Promise<BenchDatabase> {
  const place = join(directory, "postgresql");
  const settings: Record<string, string> = preload ? { ...more, shared_preload_libraries: "pg_stat_statements" } : more;
  const server = await startEmbeddedPostgres({ directory: place, log: createLog("warn"), settings });
  const url = socketAddress(server.url);
  const client = new Client({ connectionString: url });
  await client.connect();
  if (preload) await client.query("CREATE EXTENSION pg_stat_statements");
  const query = async <R>(text: string, values: unknown[] = []): Promise<R[]> => (await client.query(text, values)).rows as R[];
  const value = async (text: string, values: unknown[] = []): Promise<number> =>
    Number((await query<{ v: unknown }>(text, values))[0]?.v ?? 0);
  return {
    url,
    postmasterPid: Number(readFileSync(join(place, "postmaster.pid"), "utf8").split("\n")[0]),
    version: (await query<{ server_version: string }>("SHOW server_version"))[0]?.server_version ?? "",
    async durability() {
      const names = ["fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers"];
      const rows = await query<{ name: string; setting: string }>(
        "SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name = ANY ($1)",
        [names],
      );
      return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
    },
    walPosition: () => value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS v"),
    walPageImages: () => value("SELECT wal_fpi AS v FROM pg_stat_wal"),
    tableSizes: () => query<Record<keyof TableSize, string>>(TABLE_SIZES).then((rows) => rows.map(withNumbers)),
    softwareChanges: () => value("SELECT sum(software_sequence) AS v FROM hosts"),
    async softwareCounts(hostnames) {
      const rows = await query<{ hostname: string; n: string }>(
        `SELECT h.hostname, count(s.host_id) AS n FROM hosts h LEFT JOIN host_software s ON s.host_id = h.id
         WHERE h.hostname = ANY ($1) GROUP BY h.hostname`,
        [hostnames],
      );
      return new Map(rows.map((row) => [row.hostname, Number(row.n)]));
    },
    rowCount: (table) => value(`SELECT count(*) AS v FROM ${client.escapeIdentifier(table)}`),
    query,
    async stop() {
      await client.end();
      await server.stop();
    },
  };
}

/** The address in a form that every parser of addresses takes: account and password as parameters, as there is no host to put them before. */
function socketAddress(url: string): string {
  const [, user = "", password = "", rest = ""] = /^postgres:\/\/([^:]*):([^@]*)@(.*)$/.exec(url) ?? [];
  return `postgres://${rest}&user=${user}&password=${password}`;
}

/** Partitions are counted with their table. */
const TABLE_SIZES = `
  SELECT coalesce(p.relname, c.relname) AS "table", sum(s.n_live_tup) AS rows,
    sum(pg_total_relation_size(c.oid)) AS bytes, sum(pg_indexes_size(c.oid)) AS "indexBytes"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
  LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
  WHERE c.relkind = 'r' GROUP BY 1 ORDER BY 3 DESC`;

/** PostgreSQL's sums come as text. */
function withNumbers({ table, rows, bytes, indexBytes }: Record<keyof TableSize, string>): TableSize {
  return { table, rows: Number(rows), bytes: Number(bytes), indexBytes: Number(indexBytes) };
}
