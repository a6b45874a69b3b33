import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { FEEDS } from "../registry.ts";
import type { FeedsConfig } from "./engine-deps.ts";
import { POLITE } from "./fetch-file.ts";
import { runLoads } from "./run-loads.ts";

/** What the server sends to a process that loads feeds, as its only message. */
export interface LoaderOrder {
  databaseUrl: string;
  logLevel: string;
  config: FeedsConfig;
}

/** A load that does not end by itself after it was told to is cut: the database takes back what it began. */
const STOP_MS = 10_000;
/** One for each part that is loaded at one time and its progress, and one for what lies between them. */
const CONNECTIONS = 5;

/** This module runs as a process of its own (feed-loader.ts starts it): it loads what is due and ends. */
process.once("message", (order: LoaderOrder) => {
  void run(order).then((code) => process.exit(code));
});

async function run(order: LoaderOrder): Promise<number> {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort(new Error("the process is to stop"));
    setTimeout(() => process.exit(1), STOP_MS).unref();
  };
  process.once("SIGTERM", end);
  // the server is gone: nobody would read the status, and nobody else would end this
  process.once("disconnect", end);
  const log = createLog(order.logLevel);
  const handles = openDatabase({ url: order.databaseUrl, replicaUrl: null, log, max: CONNECTIONS });
  try {
    const { primary: db, pool } = handles;
    const deps = {
      db,
      pool,
      feeds: FEEDS,
      config: order.config,
      options: process.env,
      retry: POLITE,
      now: () => new Date(),
      log,
    };
    await runLoads(deps, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    log.error({ err: error }, "loading vulnerability feeds failed");
    return 1;
  } finally {
    await handles.close();
  }
}
