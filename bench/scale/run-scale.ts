import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGenerator } from "../fleet/generator-client.ts";
import { ADMIN_TOKEN, type ChildServer, ENROLL_SECRET, serverEnvironment, startServer } from "../system/child-server.ts";
import { type BenchDatabase, startDatabase } from "../system/database.ts";
import { machineFacts } from "../system/machine.ts";
import { postgresCpu, postgresMemory, processCpu, processMemory } from "../system/usage.ts";
import { inventoryLists, type ListFigure, type ListStage, measureLists } from "./list-speed.ts";
import { type LivePlan, type LiveReport, scaleNodeKey } from "./messages.ts";
import { multiplyHosts } from "./multiply-hosts.ts";

/** The bench of a large fleet on this machine: everything of `docs/develop/scale.md`. */
export interface ScaleOptions {
  hosts: number;
  /** Hosts that really report before they are multiplied. */
  prototypes: number;
  /** Are the lists timed? */
  lists: boolean;
  /** Seconds of each live run. */
  seconds: number;
  /** Poll intervals that are tried, shortest first, until one holds. */
  pollSeconds: number[];
  /** Seconds between two reports of a device. */
  reportSeconds: number;
  /** Of 1,000 check-ins, how many bring changed software. */
  changedPerMille: number;
  /** A directory whose database is kept, and used again when it is there; null: a temporary one. */
  keep: string | null;
}

export interface ScaleResults {
  machine: ReturnType<typeof machineFacts>;
  hosts: number;
  links: number;
  tables: { table: string; rows: number; bytes: number; indexBytes: number }[];
  doctor: string;
  lists: ListFigure[];
  live: LiveRun[];
}

export interface LiveRun extends LiveReport {
  pollSeconds: number;
  inventorySeconds: number;
  cpu: { server: number; database: number; generator: number };
  /** Resident bytes of the server, each tenth of the run. */
  serverRss: number[];
  databasePss: number | null;
  holds: boolean;
}

const P99_MAX_MS = 250;
const CONNECTIONS = 64;
const run = promisify(execFile);

/**
 * Loads a fleet, asks the checker about it, times the lists, and lets it live.
 *
 * @throws {Error} when an answer is wrong, a report is lost, or the database does not hold what was sent
 */
export async function runScale(options: ScaleOptions, say: (line: string) => void): Promise<ScaleResults> {
  const directory = options.keep ?? (await mkdtemp(join(tmpdir(), "muster-scale-")));
  await mkdir(directory, { recursive: true });
  const database = await startDatabase(directory, false, DATABASE_SETTINGS);
  try {
    await load(directory, database, options, say);
    const [held] = await database.query<{ hosts: string; links: string }>(
      "SELECT (SELECT count(*) FROM hosts) AS hosts, (SELECT count(*) FROM host_software) AS links",
    );
    const results: ScaleResults = {
      machine: machineFacts(database.version),
      hosts: Number(held?.hosts),
      links: Number(held?.links),
      tables: await database.tableSizes(),
      doctor: "",
      lists: options.lists ? await timeLists(directory, database, say) : [],
      live: [],
    };
    for (const pollSeconds of options.pollSeconds) {
      const figures = await liveRun(directory, database, options, pollSeconds, say);
      results.live.push(figures);
      if (figures.holds) break;
    }
    // last, so that it also judges what the devices left behind
    results.doctor = await doctor(directory, database, say);
    return results;
  } finally {
    await database.stop();
    if (options.keep === null) await rm(directory, { recursive: true, force: true });
  }
}

async function timeLists(directory: string, database: BenchDatabase, say: (line: string) => void): Promise<ListFigure[]> {
  return withServer(directory, database, 86_400, async ({ port }) => {
    const stage: ListStage = { port, adminToken: ADMIN_TOKEN, query: (text, values) => database.query(text, values) };
    return measureLists(stage, await inventoryLists(stage), say);
  });
}

/** What docs/guide/install.md tells the operator of a large fleet to set on such a machine. */
export const DATABASE_SETTINGS = {
  shared_buffers: "4GB",
  effective_cache_size: "12GB",
  max_wal_size: "8GB",
  checkpoint_timeout: "15min",
  random_page_cost: "1.1",
  work_mem: "64MB",
};

async function load(directory: string, database: BenchDatabase, options: ScaleOptions, say: (line: string) => void) {
  const [there] = await database.query<{ exists: boolean }>("SELECT to_regclass('hosts') IS NOT NULL AS exists");
  if (there?.exists === true) {
    const [count] = await database.query<{ n: string }>("SELECT count(*) AS n FROM hosts");
    if (Number(count?.n) >= options.hosts) return;
  }
  await withServer(directory, database, 0, async (server) => {
    const generator = startGenerator();
    try {
      await generator.start({
        port: server.port,
        hosts: options.prototypes,
        musterHosts: 1,
        enrollSecret: ENROLL_SECRET,
        adminToken: ADMIN_TOKEN,
      });
      await generator.load({ kind: "enroll", connections: 8 });
      const first = await generator.load({ kind: "first", connections: 8, seconds: 1800 });
      say(`${first.count} prototypes reported ${first.rows} rows in ${first.seconds.toFixed(0)} s`);
      if (first.count !== options.prototypes || first.errors > 0)
        throw new Error(`${first.errors} errors: ${first.errorSamples.join("\n")}`);
    } finally {
      generator.stop();
    }
  });
  const started = performance.now();
  const { made, links } = await multiplyHosts({ url: database.url, hosts: options.hosts, nodeKey: scaleNodeKey, say });
  say(`${made} hosts with ${links} links in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Does some work with a server, and says what it printed when that fails. */
export async function withServer<T>(
  directory: string,
  database: BenchDatabase,
  intervalSeconds: number,
  work: (server: ChildServer) => Promise<T>,
): Promise<T> {
  const server = await startServer({ environment: serverEnvironment(directory, database.url, intervalSeconds), inspect: false });
  try {
    return await work(server);
  } catch (error) {
    throw new Error(`${String(error)}\nwhat the server printed:\n${server.output().slice(-3000)}`, { cause: error });
  } finally {
    await server.stop();
  }
}

const LIVE_FLEET = fileURLToPath(new URL("live-fleet.ts", import.meta.url));
const REPOSITORY = resolve(import.meta.dirname, "../..");

/** What the checker says; it ends with an error when it finds anything. */
async function doctor(directory: string, database: BenchDatabase, say: (line: string) => void): Promise<string> {
  const started = performance.now();
  const env = { ...process.env, ...serverEnvironment(directory, database.url, 3600) };
  const { stdout } = await run(process.execPath, ["bin/muster.ts", "doctor"], { cwd: REPOSITORY, env, maxBuffer: 1 << 24 });
  say(`doctor: ${((performance.now() - started) / 1000).toFixed(0)} s\n${stdout}`);
  return stdout;
}

async function liveRun(
  directory: string,
  database: BenchDatabase,
  options: ScaleOptions,
  pollSeconds: number,
  say: (line: string) => void,
): Promise<LiveRun> {
  const inventorySeconds = options.reportSeconds;
  // each device is due at a moment of its own, none before the run: a server that was away for long would be another measurement
  await database.query(
    "UPDATE host_enrollments SET reported_at = now() - make_interval(secs => $1 * random()) WHERE identifier LIKE 'scale-%'",
    [inventorySeconds],
  );
  const [began] = await database.query<{ at: Date }>("SELECT clock_timestamp() AS at");
  const ran = await withServer(directory, database, inventorySeconds, async (server) => {
    const plan: LivePlan = {
      port: server.port,
      devices: options.hosts - options.prototypes,
      prototypes: await prototypesOf(database),
      pollSeconds,
      seconds: options.seconds,
      connections: CONNECTIONS,
      changedPerMille: options.changedPerMille,
    };
    const serverRss: number[] = [];
    const sampling = setInterval(() => serverRss.push(processMemory(server.pid).rss), (options.seconds * 1000) / 10);
    const before = { server: processCpu(server.pid), database: postgresCpu(database.postmasterPid) };
    const report = await live(plan);
    clearInterval(sampling);
    const cpu = {
      server: processCpu(server.pid) - before.server,
      database: postgresCpu(database.postmasterPid) - before.database,
      generator: report.cpuSeconds,
    };
    return { report, cpu, serverRss, databasePss: postgresMemory(database.postmasterPid) };
  });
  await nothingLost(database, began?.at ?? new Date(0), ran.report);
  const holds = isHeld(ran.report, options.hosts / pollSeconds);
  say(liveLine(pollSeconds, ran.report, holds));
  const { report, ...cost } = ran;
  return { ...report, ...cost, pollSeconds, inventorySeconds, holds };
}

/** The server wrote down every report that it acknowledged, and holds every row that was sent. */
async function nothingLost(database: BenchDatabase, began: Date, report: LiveReport): Promise<void> {
  if (report.errors > 0) throw new Error(`${report.errors} errors:\n${report.errorSamples.join("\n")}`);
  const [stored] = await database.query<{ links: string; reports: string }>(
    `WITH reported AS (SELECT host_id FROM host_enrollments WHERE identifier LIKE 'scale-%' AND reported_at >= $1)
      SELECT (SELECT count(*) FROM host_software hs JOIN reported USING (host_id)) AS links, (SELECT count(*) FROM reported) AS reports`,
    [began],
  );
  if (Number(stored?.links) !== report.expectedLinks)
    throw new Error(`${stored?.links} links are stored, ${report.expectedLinks} were sent`);
  if (Number(stored?.reports) < report.reported)
    throw new Error(`${stored?.reports} reports are stored, ${report.reported} were acknowledged`);
}

/** Held: what was due was sent within a second, and 99 of 100 were answered in time. */
function isHeld({ backlog, polls, checkIns }: LiveReport, pollsPerSecond: number): boolean {
  return backlog < pollsPerSecond && polls.p99 < P99_MAX_MS && checkIns.p99 < P99_MAX_MS;
}

function liveLine(pollSeconds: number, report: LiveReport, holds: boolean): string {
  const { polls, checkIns } = report;
  return `polls every ${pollSeconds} s: ${polls.perSecond.toFixed(0)}/s p99 ${polls.p99.toFixed(0)} ms, ${checkIns.perSecond.toFixed(1)} check-ins/s p99 ${checkIns.p99.toFixed(0)} ms, backlog ${report.backlog}: ${holds ? "holds" : "does not hold"}`;
}

async function live(plan: LivePlan): Promise<LiveReport> {
  const { stdout } = await run(process.execPath, [LIVE_FLEET, JSON.stringify(plan)], {
    cwd: REPOSITORY,
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as LiveReport;
}

/** By prototype in the order of their ids, which is the order they were multiplied in: the number in their hostname. */
async function prototypesOf(database: BenchDatabase): Promise<number[]> {
  const rows = await database.query<{ n: string }>(
    "SELECT substr(hostname, 7) AS n FROM hosts WHERE hostname LIKE 'bench-%' ORDER BY id",
  );
  return rows.map((row) => Number(row.n));
}
