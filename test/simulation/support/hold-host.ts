import { Client } from "pg";
import { until } from "./until.ts";

/** A lock on a host's row, held by the test: every check-in of the host stops at the beginning of its second phase. */
export interface HeldHost {
  /** Waits until some check-in stands at the lock: its first phase is over, its second has changed nothing. */
  untilSomebodyWaits(count?: number): Promise<void>;
  /** Processes of PostgreSQL that wait for this lock. */
  waiting(): Promise<number[]>;
  release(): Promise<void>;
}

export async function holdHost(url: string, hostId: number): Promise<HeldHost> {
  const client = new Client({ connectionString: url, application_name: "test-holds-host" });
  client.on("error", () => undefined); // the database may be taken down while it is held
  await client.connect();
  const watcher = new Client({ connectionString: url, application_name: "test-watches" });
  watcher.on("error", () => undefined);
  await watcher.connect();
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const holder = rows[0]?.pid;
  await client.query("BEGIN");
  await client.query("SELECT id FROM hosts WHERE id = $1 FOR UPDATE", [hostId]);
  // those behind another waiter wait for the lock as well
  const waiting = async (): Promise<number[]> => {
    const { rows: found } = await watcher.query<{ pid: number }>(
      `WITH RECURSIVE w AS (
         SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))
         UNION SELECT a.pid FROM pg_stat_activity a JOIN w ON w.pid = ANY (pg_blocking_pids(a.pid)))
       SELECT pid FROM w`,
      [holder],
    );
    return found.map(({ pid }) => pid);
  };
  return {
    waiting,
    untilSomebodyWaits: (count = 1) =>
      until("a check-in stands at the host's lock", async () => (await waiting()).length >= count),
    async release() {
      await client.query("ROLLBACK").catch(() => undefined);
      await Promise.all([client.end().catch(() => undefined), watcher.end().catch(() => undefined)]);
    },
  };
}
