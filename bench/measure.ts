import type { LoadReport } from "./fleet/messages.ts";
import type { BenchDatabase } from "./system/database.ts";
import type { ChildServer } from "./system/child-server.ts";
import { postgresCpu, postgresMemory, processCpu, processMemory } from "./system/usage.ts";

/** One scenario's figures. */
export interface Measurement {
  name: string;
  /** What is counted: `check-ins`, `polls`, `answers`. */
  unit: string;
  count: number;
  seconds: number;
  perSecond: number;
  rowsPerSecond: number;
  changedReports: number;
  errors: number;
  errorSamples: string[];
  /** Milliseconds. */
  latency: { p50: number; p95: number; p99: number; max: number };
  connections: number;
  /** CPU milliseconds of each party for one of the unit. */
  cpuMs: { server: number; database: number; generator: number };
  /** Bytes of write-ahead log for one of the unit. */
  walBytes: number;
  /** Bytes of the bodies sent for one of the unit, or of the answer of a list. */
  bodyBytes: number;
  /** After the scenario. */
  serverRss: number;
  databasePss: number | null;
}

export interface Measured {
  server: Pick<ChildServer, "pid">;
  database: BenchDatabase;
}

/** Runs one load and takes what it cost each party. */
export async function measure(
  measured: Measured,
  about: { name: string; unit: string; connections: number },
  load: () => Promise<LoadReport>,
): Promise<Measurement> {
  const before = await snapshot(measured);
  const report = await load();
  const after = await snapshot(measured);
  const count = Math.max(1, report.count);
  return {
    ...about,
    count: report.count,
    seconds: report.seconds,
    perSecond: report.count / report.seconds,
    rowsPerSecond: report.rows / report.seconds,
    changedReports: report.changedReports,
    errors: report.errors,
    errorSamples: report.errorSamples,
    latency: report.latency,
    cpuMs: {
      server: ((after.server - before.server) * 1000) / count,
      database: ((after.database - before.database) * 1000) / count,
      generator: (report.cpu * 1000) / count,
    },
    walBytes: (after.wal - before.wal) / count,
    bodyBytes: report.answerBytes > 0 ? report.answerBytes : report.bytes / count,
    serverRss: processMemory(measured.server.pid).rss,
    databasePss: postgresMemory(measured.database.postmasterPid),
  };
}

async function snapshot({ server, database }: Measured): Promise<{ server: number; database: number; wal: number }> {
  const wal = await database.walPosition();
  return { server: processCpu(server.pid), database: postgresCpu(database.postmasterPid), wal };
}
