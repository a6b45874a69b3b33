import type { Pool } from "pg";
import { fastify, type FastifyInstance } from "fastify";
import { osqueryPlugin } from "#server/agents/osquery/osquery-plugin.ts";
import { readonly } from "#server/database/pools.ts";
import type { Database } from "#server/database/tables.ts";
import { NodeSessions } from "#server/devices/node-sessions.ts";
import { SeenBuffer } from "#server/devices/seen-buffer.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { createLog, type Log } from "#server/observe/log.ts";
import { createMetrics, type Metrics } from "#server/observe/metrics.ts";
import { testDatabase } from "../../support/postgres.ts";

export const SECRET = "a-secret-for-tests";

/** The osquery adapter alone, over a database of its own. */
export interface OsqueryServer {
  app: FastifyInstance;
  db: Database;
  pool: Pool;
  url: string;
  /** Writes what the seen buffer holds; in production that happens each second. */
  flush(): Promise<void>;
  metrics: Metrics;
  /** Moves the server's clock. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

export async function osqueryServer(options: { intervalSeconds?: number; log?: Log } = {}): Promise<OsqueryServer> {
  const database = await testDatabase();
  await database.db.insertInto("enroll_secrets").values({ secret: SECRET }).execute();
  const [log, metrics] = [options.log ?? createLog("silent"), createMetrics()];
  let offsetMs = 0;
  const now = (): Date => new Date(Date.now() + offsetMs);
  const signals = { publish: async () => {} };
  const devices = { db: database.db, replica: readonly(database.db), signals, now, log, metrics };
  const seen = new SeenBuffer(devices, 3_600_000);
  const ingest = { db: database.db, replica: devices.replica, log, metrics: createIngestMetrics(metrics) };
  const sessions = new NodeSessions({ db: database.db, now }, null);
  const app = fastify();
  await app.register(
    osqueryPlugin({
      devices,
      ingest,
      seen,
      sessions,
      intervalSeconds: options.intervalSeconds ?? 3600,
      poolSize: 10,
      now,
      log,
      metrics,
    }),
  );
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    app,
    db: database.db,
    pool: database.pool,
    url,
    flush: () => seen.flush(),
    metrics,
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
    async close() {
      await app.close();
      await seen.stop();
      await database.close();
    },
  };
}

/** A host's present software, one line an entry: `source | name | version | path`. */
export async function softwareLines(db: Database, hostname: string): Promise<string[]> {
  const rows = await db
    .selectFrom("host_software as hs")
    .innerJoin("hosts as h", "h.id", "hs.host_id")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .where("h.hostname", "=", hostname)
    .select(["s.source", "s.name", "s.version"])
    .execute();
  return rows.map((r) => `${r.source} | ${r.name} | ${r.version}`).toSorted();
}
