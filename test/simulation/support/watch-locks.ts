import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import type { Database } from "#server/database/tables.ts";

export interface SeenLocks {
  samples: number;
  /** Most sessions that waited for a lock at one moment. */
  mostWaiting: number;
  /** 0: nobody waited; 1: everybody who waited waited for somebody who worked; more: waiters waited for waiters, a queue. */
  longestChain: number;
}

/** Looks at who waits for whom in a database, every few milliseconds until stopped. */
export async function watchLocks(url: string): Promise<{ stop(): Promise<SeenLocks> }> {
  const client = new Client({ connectionString: url, application_name: "test-watches" });
  await client.connect();
  const seen: SeenLocks = { samples: 0, mostWaiting: 0, longestChain: 0 };
  let running = true;
  const watching = (async () => {
    while (running) {
      const { rows } = await client.query<{ pid: number; blockers: number[] }>(
        `SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      const waiting = new Map(rows.filter(({ blockers }) => blockers.length > 0).map(({ pid, blockers }) => [pid, blockers]));
      seen.samples += 1;
      seen.mostWaiting = Math.max(seen.mostWaiting, waiting.size);
      for (const pid of waiting.keys()) seen.longestChain = Math.max(seen.longestChain, chainFrom(pid, waiting));
      await delay(3);
    }
  })();
  return {
    async stop() {
      running = false;
      await watching;
      await client.end();
      return seen;
    },
  };
}

function chainFrom(pid: number, waiting: Map<number, number[]>, seen: Set<number> = new Set()): number {
  if (!waiting.has(pid) || seen.has(pid)) return 0;
  seen.add(pid);
  return 1 + Math.max(0, ...(waiting.get(pid) ?? []).map((blocker) => chainFrom(blocker, waiting, seen)));
}

export interface StatementCounter {
  /** Insert statements by table, those that inserted nothing included. */
  read(): Promise<Record<string, number>>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Counts statements that insert into tables, whatever becomes of their transactions. */
export async function countStatements(db: Database, tables: string[]): Promise<StatementCounter> {
  for (const table of tables) {
    await sql.raw(`CREATE SEQUENCE counted_${table}`).execute(db);
    await sql
      .raw(
        `CREATE FUNCTION count_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM nextval('counted_${table}'); RETURN NULL; END $$`,
      )
      .execute(db);
    await sql
      .raw(`CREATE TRIGGER counted BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION count_${table}()`)
      .execute(db);
  }
  return {
    async read() {
      const counts: Record<string, number> = {};
      for (const table of tables) {
        const { rows } = await sql<{ n: number | null }>`
          SELECT last_value AS n FROM pg_sequences WHERE sequencename = ${`counted_${table}`}`.execute(db);
        counts[table] = rows[0]?.n ?? 0;
      }
      return counts;
    },
    async reset() {
      for (const table of tables) await sql.raw(`ALTER SEQUENCE counted_${table} RESTART`).execute(db);
    },
    async stop() {
      for (const table of tables) {
        await sql.raw(`DROP FUNCTION count_${table} CASCADE`).execute(db);
        await sql.raw(`DROP SEQUENCE counted_${table}`).execute(db);
      }
    },
  };
}
