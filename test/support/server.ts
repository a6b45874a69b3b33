import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { createClient } from "#client/client.ts";
import type { Client } from "#client/client.ts";
import { compose } from "#server/compose.ts";
import type { Composition } from "#server/compose.ts";
import { readConfig } from "#server/config.ts";
import type { Config } from "#server/config.ts";
import { openDatabase } from "#server/database/pools.ts";
import type { Database } from "#server/database/tables.ts";
import { buildApp } from "#server/http/app.ts";
import { runJobs } from "#server/jobs/run-jobs.ts";
import { createSignals } from "#server/notify/signals.ts";
import { createLog } from "#server/observe/log.ts";
import type { Log } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { testDatabase } from "./postgres.ts";

export interface TestServer {
  /** Origin that it listens on. */
  url: string;
  /** API token of a global administrator. */
  token: string;
  /** A client that uses the token. */
  client: Client;
  enrollSecret: string;
  /** Code of the set-up page; null when set-up is done. */
  setupCode: string | null;
  db: Database;
  app: FastifyInstance;
  composition: Composition;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  config?: Partial<Config>;
  /** Run background jobs too; default no. */
  jobs?: boolean;
  /** Folder of the built web interface. */
  webRoot?: string | null;
  /** The test PostgreSQL's maintenance database, outside Vitest (benches). */
  postgresUrl?: string;
  log?: Log;
  now?: () => Date;
}

/** The whole server in this process, on a database of its own, listening on a free port of 127.0.0.1. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = await testDatabase(options.postgresUrl);
  const log = options.log ?? createLog("silent");
  const token = randomBytes(24).toString("base64url");
  const config = { ...readConfig({}), port: 0, adminToken: token, databaseUrl: database.url, feeds: false, ...options.config };
  const handles = openDatabase({ url: database.url, replicaUrl: null, log });
  const signals = createSignals({ url: database.url, db: handles.primary, log });
  const metrics = createMetrics();
  const composition = compose({ config, handles, signals, log, metrics, now: options.now ?? (() => new Date()) });
  const { enrollSecret, setupCode } = await composition.prepare();
  const { routes, plugins, fastCalls, authenticate, jobs } = composition;
  const app = await buildApp({
    routes,
    plugins,
    fastCalls,
    authenticate,
    config,
    log,
    metrics,
    webRoot: options.webRoot ?? null,
  });
  const { primary: db, pool } = handles;
  const runner = options.jobs === true ? await runJobs({ pool, db, jobs, log, metrics, alone: true }) : null;
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    token,
    client: createClient({ baseUrl: url, token }),
    enrollSecret,
    setupCode,
    db,
    app,
    composition,
    async stop() {
      await app.close();
      await runner?.stop();
      await composition.stop();
      await signals.close();
      await handles.close();
      await database.close();
    },
  };
}
