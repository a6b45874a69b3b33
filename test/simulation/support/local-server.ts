import { sql } from "kysely";
import type { Pool } from "pg";
import { createClient } from "#client/client.ts";
import type { Client } from "#client/client.ts";
import { compose } from "#server/compose.ts";
import type { Composition } from "#server/compose.ts";
import { readConfig } from "#server/config.ts";
import { openDatabase } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import type { ReadonlyDatabase } from "#server/database/tables.ts";
import { buildApp } from "#server/http/app.ts";
import { runJobs } from "#server/jobs/run-jobs.ts";
import { createSignals } from "#server/notify/signals.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import type { Metrics } from "#server/observe/metrics.ts";

export const SIMULATED_TOKEN = "simulated-administrator-token";
export const SIMULATED_SECRET = "simulated-enroll-secret";

/** A whole Muster server in this process, on a database that is there already: several of them are several processes of one Muster. */
export interface LocalServer {
  url: string;
  client: Client;
  metrics: Metrics;
  handles: DatabaseHandles;
  composition: Composition;
  stop(): Promise<void>;
  /**
   * Ends it as `kill -9` ends a process, seen from outside: its connections to devices and to the database are cut at once, nothing that
   * it held in memory is written, and what it was doing never goes on.
   */
  crash(): Promise<void>;
}

export interface LocalServerOptions {
  databaseUrl: string;
  replicaUrl?: string | null;
  /** Stands in for the replica; outranks `replicaUrl`. */
  replica?: (primary: Pool) => ReadonlyDatabase;
  jobs?: boolean;
  inventoryIntervalSeconds?: number;
  /** Connections to the database. */
  connections?: number;
}

export async function localServer(options: LocalServerOptions): Promise<LocalServer> {
  const log = createLog((process.env["MUSTER_LOG_LEVEL"] as "warn" | undefined) ?? "silent");
  const config = {
    ...readConfig({}),
    port: 0,
    adminToken: SIMULATED_TOKEN,
    enrollSecret: SIMULATED_SECRET,
    databaseUrl: options.databaseUrl,
    databaseReplicaUrl: options.replicaUrl ?? null,
    inventoryIntervalSeconds: options.inventoryIntervalSeconds ?? 3600,
    historyRetentionDays: 400,
    feeds: false,
  };
  const max = options.connections ?? 10;
  const opened = openDatabase({ url: options.databaseUrl, replicaUrl: config.databaseReplicaUrl, log, max });
  const handles = options.replica === undefined ? opened : { ...opened, replica: options.replica(opened.pool) };
  const pids = trackBackends(opened.pool);
  const signals = createSignals({ url: options.databaseUrl, db: handles.primary, log });
  const metrics = createMetrics();
  const composition = compose({ config, handles, signals, log, metrics, now: () => new Date() });
  await composition.prepare();
  const { routes, plugins, authenticate, jobs } = composition;
  const app = await buildApp({ routes, plugins, authenticate, config, log, metrics, webRoot: null });
  const { primary: db, pool } = handles;
  const runner = options.jobs === true ? await runJobs({ pool, db, jobs, log, metrics, alone: false }) : null;
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    client: createClient({ baseUrl: url, token: SIMULATED_TOKEN }),
    metrics,
    handles,
    composition,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await runner?.stop();
      await composition.stop();
      await signals.close();
      await opened.close();
    },
    async crash() {
      app.server.closeAllConnections();
      app.server.close();
      pool.connect = () => Promise.reject(new Error("this server was killed"));
      await terminate(options.databaseUrl, [...pids]);
      await composition.stop(); // its database is gone: this ends timers and writes nothing
      await signals.close();
      await opened.close();
    },
  };
}

/** The backends of a pool's connections. */
function trackBackends(pool: Pool): Set<number> {
  const pids = new Set<number>();
  pool.on("connect", (client) => {
    const { processID } = client as unknown as { processID: number };
    pids.add(processID);
    client.once("end", () => pids.delete(processID));
  });
  return pids;
}

async function terminate(url: string, pids: number[]): Promise<void> {
  const handles = openDatabase({ url, replicaUrl: null, log: createLog("silent"), max: 1 });
  await sql`SELECT pg_terminate_backend(pid, 5000) FROM unnest(${pids}::integer[]) AS pid`.execute(handles.primary);
  await handles.close();
}
