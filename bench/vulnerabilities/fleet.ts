import { migrate } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import { queueInstall } from "#server/jobs/queue-store.ts";
import { createLog } from "#server/observe/log.ts";
import { refreshFixQueue } from "#server/vulnerabilities/fix-first/refresh-fix-queue.ts";
import { listLines } from "../scale/report.ts";
import { type ListFigure, type ListStage, measureLists } from "../scale/list-speed.ts";
import { DATABASE_SETTINGS, withServer } from "../scale/run-scale.ts";
import { ADMIN_TOKEN } from "../system/child-server.ts";
import { type BenchDatabase, startDatabase } from "../system/database.ts";
import { vulnerabilityLists } from "./fleet-lists.ts";
import {
  type LoadFigures,
  loadFeeds,
  loadLine,
  matchAll,
  type MatchFigures,
  megabytes,
  phaseLines,
  type Place,
} from "./processes.ts";

export interface FleetOptions {
  /** The directory of `npm run bench -- scale --keep`: its database is used, migrated, loaded and matched where that was not done. */
  keep: string;
  corpus: string;
  /** Only lists whose names contain this. */
  only: string | null;
}

export interface FleetFigures {
  hosts: number;
  links: number;
  subjects: number;
  findings: number;
  exposures: number;
  load: LoadFigures | null;
  match: MatchFigures | null;
  lists: ListFigure[];
}

/** Lists of vulnerabilities over a fleet of 100,000 with everything loaded and matched. */
export async function fleetBench(options: FleetOptions, say: (line: string) => void): Promise<FleetFigures> {
  const database = await startDatabase(options.keep, false, DATABASE_SETTINGS);
  try {
    const place: Place = { url: database.url, dataDir: `${options.keep}/data`, postmasterPid: database.postmasterPid };
    await prepare(database.url);
    const count = async (table: string) => await database.rowCount(table);
    const load = (await count("feed_records")) > 0 ? null : await loadFeeds(place, options.corpus);
    if (load !== null) say(`feeds loaded: ${loadLine(load)}`);
    const match = (await isMatched(database)) ? null : await matchAll(place, "settle");
    if (match !== null) {
      say(`matched, peak ${megabytes(match.memory_peak_bytes)} MB, the database's CPU ${String(match.database_cpu_seconds)} s`);
      for (const line of phaseLines(match)) say(line);
      await database.query("VACUUM (ANALYZE)");
    }
    say(`the queue of updates counted in ${(await countFixes(database.url)).toFixed(0)} s`);
    const lists = await timeLists(options, database, say);
    return {
      hosts: await count("hosts"),
      links: await count("host_software"),
      subjects: await count("match_subjects"),
      findings: await count("findings"),
      exposures: await count("vulnerability_exposures"),
      load,
      match,
      lists,
    };
  } finally {
    await database.stop();
  }
}

async function prepare(url: string): Promise<void> {
  const log = createLog("warn");
  const handles = openDatabase({ url, replicaUrl: null, log, max: 2 });
  await migrate(handles.pool);
  await queueInstall(handles.pool, log);
  await handles.close();
}

/** Nothing waits to be matched, merged or counted. */
async function isMatched(database: BenchDatabase): Promise<boolean> {
  const [row] = await database.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT FROM subject_changes) OR EXISTS (SELECT FROM match_subjects WHERE matched_at IS NULL)
       OR EXISTS (SELECT FROM merge_queue) OR EXISTS (SELECT FROM exposure_queue) OR EXISTS (SELECT FROM match_queue) AS waits`,
  );
  return row?.waits === false;
}

async function timeLists(options: FleetOptions, database: BenchDatabase, say: (line: string) => void): Promise<ListFigure[]> {
  return await withServer(options.keep, database, 86_400, async ({ port }) => {
    const stage: ListStage = { port, adminToken: ADMIN_TOKEN, query: (text, values) => database.query(text, values) };
    const lists = await vulnerabilityLists(stage);
    return await measureLists(
      stage,
      lists.filter(({ name }) => options.only === null || name.includes(options.only)),
      say,
    );
  });
}

/**
 * Counts what is to be fixed first until nothing of it is left: the server does so in the background, some seconds a minute, and lists of a
 * queue that is not made would be fast for nothing. @returns seconds that it took
 */
async function countFixes(url: string): Promise<number> {
  const handles = openDatabase({ url, replicaUrl: null, log: createLog("warn"), max: 2 });
  const from = performance.now();
  try {
    await refreshFixQueue({ db: handles.primary, now: () => new Date() });
    return (performance.now() - from) / 1000;
  } finally {
    await handles.close();
  }
}

/** What a run found, as text for people. */
export function fleetReport(figures: FleetFigures): string {
  const n = (value: number) => value.toLocaleString("en");
  return [
    `${n(figures.hosts)} hosts, ${n(figures.links)} links, ${n(figures.subjects)} subjects, ${n(figures.findings)} findings, ${n(figures.exposures)} exposures`,
    ...(figures.load === null ? [] : [`feeds: ${figures.load.seconds.toFixed(1)} s`]),
    ...(figures.match === null ? [] : phaseLines(figures.match)),
    ...listLines(figures.lists),
    "",
  ].join("\n");
}
