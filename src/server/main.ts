import { access, constants, mkdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import { compose } from "./compose.ts";
import type { Composition, Machinery, Preparation } from "./compose.ts";
import type { Config } from "./config.ts";
import { checkReplica } from "./database/check-replica.ts";
import { startEmbeddedPostgres } from "./database/embedded.ts";
import { migrate } from "./database/migrate.ts";
import { openDatabase } from "./database/pools.ts";
import { buildApp, readTls } from "./http/app.ts";
import { queueInstall } from "./jobs/queue-store.ts";
import { runJobs } from "./jobs/run-jobs.ts";
import { createSignals } from "./notify/signals.ts";
import { healthPlugin } from "./observe/health-plugin.ts";
import type { Log } from "./observe/log.ts";
import { createMetrics } from "./observe/metrics.ts";
import { startMatching } from "./vulnerabilities/matching/start-matching.ts";

/** Why the server does not start: one sentence with the remedy. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export interface RunningServer {
  /** Origin to open in a browser: the public one when configured, else the one that it listens on. */
  address: string;
  /** Origin that reaches the server from this machine. */
  localAddress: string;
  /** Null in a process without the web role. */
  preparation: Preparation | null;
  /** Finishes what is running, then ends everything that was started, the database last. */
  stop(): Promise<void>;
}

const WEB_ROOT = fileURLToPath(new URL("../../dist/web", import.meta.url));
/** Requests that are still running this long after the stop are cut; their senders try again. */
const DRAIN_MS = 10_000;
const DRAIN_STEP_MS = 100;
/** What is to be undone when the server stops, in the order it was started. */
type Stops = (() => Promise<void>)[];

/**
 * Starts the roles that the configuration names, in this process.
 *
 * @throws {ConfigError | DatabaseError | StartError} with one sentence for the operator
 */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const stops: Stops = [];
  try {
    await prepareDataDirectory(config.dataDir);
    readTls(config);
    await checkPort(config);
    const machinery = await startMachinery(config, log, stops);
    const composition = compose(machinery);
    stops.push(() => composition.stop());
    if (hasRole(config, "worker")) await startWorker(machinery, composition, stops);
    const served = await serve(machinery, composition, stops);
    return { ...served, stop: () => undo(stops, log) };
  } catch (error) {
    await undo(stops, log);
    throw error;
  }
}

function hasRole(config: Config, role: "web" | "worker"): boolean {
  return config.roles.includes("all") || config.roles.includes(role);
}

async function undo(stops: Stops, log: Log): Promise<void> {
  for (const stop of stops.splice(0).toReversed()) {
    await stop().catch((error: unknown) => log.error({ err: error }, "could not stop a part cleanly"));
  }
}

async function prepareDataDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
    await access(directory, constants.W_OK);
    if (!(await stat(directory)).isDirectory()) throw new Error("not a directory");
  } catch {
    const remedy = "make it writable for this user, or choose another one with MUSTER_DATA_DIR";
    throw new StartError(`The data directory ${directory} is not writable; ${remedy}.`);
  }
}

/** Like a recursive `mkdir`, which Node never ends where a directory exists but takes no new ones (/proc). */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeOne(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(directory) === directory) throw error;
    await makeDirectory(dirname(directory));
    await makeOne(directory);
  }
}

async function makeOne(directory: string): Promise<void> {
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** Finds out early, before a database is started, whether the port can be had. */
async function checkPort({ host, port }: Config): Promise<void> {
  const probe = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  probe.once("error", (error) => reject(portError(error, host, port)));
  probe.listen({ host, port, exclusive: true }, resolve);
  await promise;
  const closed = Promise.withResolvers<void>();
  probe.close(() => closed.resolve());
  await closed.promise;
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  const place = `${host}:${port}`;
  if (error.code === "EADDRINUSE") {
    return new StartError(
      `Port ${port} on ${host} is taken; stop the program that uses it, or choose another one with MUSTER_PORT.`,
    );
  }
  if (error.code === "EACCES") {
    return new StartError(`This user may not listen on ${place}; choose a port above 1023 with MUSTER_PORT.`);
  }
  return new StartError(`Cannot listen on ${place} (${error.code}); set MUSTER_HOST to an address of this machine.`);
}

/** Starts the database and what every component builds upon. */
async function startMachinery(config: Config, log: Log, stops: Stops): Promise<Machinery> {
  const url = config.databaseUrl ?? (await startOwnDatabase(config, log, stops));
  const handles = openDatabase({ url, replicaUrl: config.databaseReplicaUrl, log });
  stops.push(() => handles.close());
  const applied = await migrate(handles.pool);
  if (applied.length > 0) log.info({ migrations: applied }, "database migrated");
  await queueInstall(handles.pool, log);
  if (config.databaseReplicaUrl !== null) await checkReplica(config.databaseReplicaUrl);
  const signals = createSignals({ url, db: handles.primary, log });
  stops.push(() => signals.close());
  const metrics = createMetrics({ processMetrics: true });
  return { config, handles, signals, log, metrics, now: () => new Date() };
}

async function startOwnDatabase(config: Config, log: Log, stops: Stops): Promise<string> {
  const postgres = await startEmbeddedPostgres({ directory: join(config.dataDir, "postgresql"), log });
  stops.push(() => postgres.stop());
  return postgres.url;
}

async function startWorker(machinery: Machinery, composition: Composition, stops: Stops): Promise<void> {
  const { config, handles, log, metrics } = machinery;
  const alone = config.databaseUrl === null;
  const { primary: db, pool } = handles;
  const runner = await runJobs({ pool, db, jobs: composition.jobs, log, metrics, alone });
  stops.push(() => runner.stop());
  const matching = startMatching(
    { databaseUrl: pool.options.connectionString ?? "", dataDir: config.dataDir, logLevel: config.logLevel },
    log,
  );
  stops.push(() => matching.stop());
}

async function serve(machinery: Machinery, composition: Composition, stops: Stops): Promise<Omit<RunningServer, "stop">> {
  const { config } = machinery;
  const web = hasRole(config, "web");
  const preparation = web ? await composition.prepare() : null;
  const app = web ? await buildWebApp(machinery, composition) : await buildWorkerApp(machinery);
  const runningRequests = countRequests(app);
  stops.push(() => closeApp(app, runningRequests));
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    throw portError(error as NodeJS.ErrnoException, config.host, config.port);
  }
  const localAddress = localOrigin(config, app);
  return { address: config.publicUrl ?? localAddress, localAddress, preparation };
}

async function buildWebApp({ config, log, metrics }: Machinery, composition: Composition): Promise<FastifyInstance> {
  const { routes, plugins, fastCalls, authenticate } = composition;
  return await buildApp({ routes, plugins, fastCalls, authenticate, config, log: quieter(log), metrics, webRoot: WEB_ROOT });
}

/** A process without the web role answers health checks and nothing else. */
async function buildWorkerApp({ handles, log, metrics }: Machinery): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: quieter(log) }) as unknown as FastifyInstance;
  await app.register(healthPlugin({ pool: handles.pool, metrics }));
  return app;
}

/** Fastify's own lines at level info repeat what the start prints. */
function quieter(log: Log): Log {
  return log.isLevelEnabled("debug") || !log.isLevelEnabled("info") ? log : log.child({}, { level: "warn" });
}

/** Counts the requests that are being answered. */
function countRequests(app: FastifyInstance): () => number {
  let running = 0;
  app.server.on("request", (_request, response) => {
    running += 1;
    response.once("close", () => (running -= 1));
  });
  return () => running;
}

/**
 * Stops accepting, lets running requests finish, and then cuts what is left: connections that clients keep open without asking
 * anything would hold the server for long.
 */
async function closeApp(app: FastifyInstance, runningRequests: () => number): Promise<void> {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const late = performance.now() - startedAt > DRAIN_MS;
    if (late || runningRequests() === 0) app.server.closeAllConnections();
  }, DRAIN_STEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}

function localOrigin(config: Config, app: FastifyInstance): string {
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  const scheme = config.tlsCert === null ? "http" : "https";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
