import { migrate } from "#server/database/migrate.ts";
import { type DatabaseHandles, openDatabase } from "#server/database/pools.ts";
import { queueInstall } from "#server/jobs/queue-store.ts";
import { createLog } from "#server/observe/log.ts";
import { type BenchDatabase, startDatabase } from "../system/database.ts";
import { fillCatalogue } from "./fill-catalogue.ts";
import {
  type LoadFigures,
  loadFeeds,
  loadLine,
  matchAll,
  type MatchFigures,
  megabytes,
  phaseLines,
  type Place,
  type WithDatabase,
} from "./processes.ts";

export interface RowsOptions {
  /** Where the database is made, and used again when it is there. */
  directory: string;
  corpus: string;
  rows: number;
}

export interface RowsFigures {
  /** Rows distinct by software and kind of host. */
  rows: number;
  subjects: number;
  findings: number;
  load: WithDatabase<LoadFigures> | null;
  first: WithDatabase<MatchFigures> | null;
  rescan: WithDatabase<MatchFigures>;
}

const RESCAN_CPU_MAX = 10;
const MEMORY_MAX = 512e6;

/** The whole corpus loaded, so many distinct rows of real software matched against it, and matched again. */
export async function rowsBench(options: RowsOptions, say: (line: string) => void): Promise<RowsFigures> {
  return await withCatalogue(options, say, async (place, database, before) => {
    const rescan = await matchAll(place, "rescan");
    const count = async (table: string) => await database.rowCount(table);
    return { ...before, subjects: await count("match_subjects"), findings: await count("findings"), rescan };
  });
}

/** Does some work on a database that has the corpus and the rows, which are made where they are not there. */
export async function withCatalogue<T>(
  options: RowsOptions,
  say: (line: string) => void,
  work: (place: Place, database: BenchDatabase, before: Pick<RowsFigures, "rows" | "load" | "first">) => Promise<T>,
): Promise<T> {
  const database = await startDatabase(options.directory, false);
  const place: Place = { url: database.url, dataDir: `${options.directory}/data`, postmasterPid: database.postmasterPid };
  const handles = openDatabase({ url: database.url, replicaUrl: null, log: createLog("warn"), max: 4 });
  try {
    const before = await prepare(options, place, handles, database, say);
    return await work(place, database, before);
  } finally {
    await handles.close();
    await database.stop();
  }
}

async function prepare(
  { corpus, rows }: RowsOptions,
  place: Place,
  handles: DatabaseHandles,
  database: BenchDatabase,
  say: (line: string) => void,
): Promise<Pick<RowsFigures, "rows" | "load" | "first">> {
  await migrate(handles.pool);
  await queueInstall(handles.pool, createLog("warn"));
  let load: RowsFigures["load"] = null;
  if ((await database.rowCount("feed_records")) === 0) {
    load = await loadFeeds(place, corpus);
    say(`from empty: ${loadLine(load)}`);
    say(`again, unchanged: ${loadLine(await loadFeeds(place, corpus))}`);
    await database.query("VACUUM (ANALYZE)");
  }
  if ((await database.rowCount("hosts")) > 0) return { rows: await database.rowCount("match_subjects"), load, first: null };
  const filled = await fillCatalogue(handles, place.dataDir, rows);
  say(`${filled} rows distinct by software and kind of host reported`);
  const first = await matchAll(place, "settle");
  say(`first matching, peak ${megabytes(first.memory_peak_bytes)} MB:`);
  for (const line of phaseLines(first)) say(line);
  await database.query("VACUUM (ANALYZE)");
  return { rows: filled, load, first };
}

/** What a run found against its limits. */
export function rowsReport({ rows, subjects, findings, rescan, first }: RowsFigures): string {
  const scan = rescan.phases.find(({ name }) => name === "rescan");
  const cpu = scan?.cpu_seconds ?? 0;
  const memory = rescan.memory_peak_bytes;
  const verdict = (holds: boolean) => (holds ? "holds" : "MISSED");
  return [
    `${rows.toLocaleString("en")} rows, ${subjects.toLocaleString("en")} subjects, ${findings.toLocaleString("en")} findings`,
    ...(first === null ? [] : ["first matching:", ...phaseLines(first)]),
    "rescan:",
    ...phaseLines(rescan),
    `  database ${(rescan.database_cpu_seconds ?? 0).toFixed(1)} s CPU`,
    `  ${cpu.toFixed(1)} s CPU of at most ${RESCAN_CPU_MAX}: ${verdict(cpu <= RESCAN_CPU_MAX)}; peak ${megabytes(memory)} MB of at most ${megabytes(MEMORY_MAX)}: ${verdict(memory <= MEMORY_MAX)}`,
    "",
  ].join("\n");
}
