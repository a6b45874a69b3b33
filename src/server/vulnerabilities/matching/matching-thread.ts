import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { currentCatalogue } from "./current-catalogue.ts";
import { runMatching } from "./run-matching.ts";
import type { MatchingOrder } from "./start-matching.ts";

/** Batches follow one another; a second connection is for looks beside them. */
const CONNECTIONS = 3;

const { databaseUrl, dataDir, logLevel } = workerData as MatchingOrder;
const log = createLog(logLevel);
const handles = openDatabase({ url: databaseUrl, replicaUrl: null, log, max: CONNECTIONS });
const stop = new AbortController();
parentPort?.once("message", () => stop.abort());
try {
  const db = handles.primary;
  await runMatching({ db, log, now: () => new Date(), catalogue: currentCatalogue({ db, dataDir }) }, stop.signal);
} finally {
  await handles.close();
  parentPort?.close();
}
