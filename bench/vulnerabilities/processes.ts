import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresCpu } from "../system/usage.ts";

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, "..");
/** As the server starts what loads feeds (feed-loader.ts). */
const LOAD_FLAGS = ["--max-old-space-size=640", "--max-semi-space-size=16"];
/** As much heap as the server's thread has (start-matching.ts). */
const MATCH_FLAGS = ["--max-old-space-size=384"];

/** One kind of matching's work, done to its end. */
export interface MatchPhase {
  name: string;
  /** Hosts, subjects, keys or vulnerabilities. */
  count: number;
  seconds: number;
  cpu_seconds: number;
  /** The longest transaction: so long may new software wait. */
  longest_step_ms: number;
}

export interface MatchFigures {
  phases: MatchPhase[];
  memory_peak_bytes: number;
}

export interface LoadFigures {
  parts: number;
  files: number;
  seconds: number;
  cpu_seconds: number;
  memory_peak_bytes: number;
}

/** Figures with what the database spent meanwhile, seconds of CPU; null where its process is not known. */
export type WithDatabase<T> = T & { database_cpu_seconds: number | null };

/** Where a process works. */
export interface Place {
  url: string;
  dataDir: string;
  /** Of PostgreSQL, to tell what it spent. */
  postmasterPid: number | null;
}

/** Loads a directory of feeds in a process of its own, as the server does; only some feeds when they are named. */
export async function loadFeeds(place: Place, directory: string, names: string[] = []): Promise<WithDatabase<LoadFigures>> {
  const file = join(BENCH, "feeds/load-process.ts");
  return await measured<LoadFigures>(place, [...LOAD_FLAGS, file, place.url, directory, place.dataDir, names.join(",")]);
}

/** Matches everything that waits in a process of its own. */
export async function matchAll(
  place: Place,
  what: "settle" | "rescan",
  flags: string[] = [],
): Promise<WithDatabase<MatchFigures>> {
  const file = join(import.meta.dirname, "match-process.ts");
  return await measured<MatchFigures>(place, [...MATCH_FLAGS, ...flags, file, place.url, place.dataDir, what]);
}

async function measured<T>(place: Place, argv: string[]): Promise<WithDatabase<T>> {
  const before = databaseCpu(place);
  const { stdout, stderr } = await run(process.execPath, argv, { maxBuffer: 1e8 });
  if (stderr !== "") process.stderr.write(stderr);
  const after = databaseCpu(place);
  return { ...(JSON.parse(lastLine(stdout)) as T), database_cpu_seconds: before === null ? null : (after ?? before) - before };
}

function databaseCpu({ postmasterPid }: Place): number | null {
  return postmasterPid === null ? null : postgresCpu(postmasterPid);
}

/** A process logs warnings before its figures. */
function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** Phases as lines of a table. */
export function phaseLines({ phases }: MatchFigures): string[] {
  return phases
    .filter(({ count }) => count > 0)
    .map(
      (p) =>
        `  ${p.name.padEnd(20)}${p.count.toLocaleString("en").padStart(12)}${p.seconds.toFixed(1).padStart(9)} s${p.cpu_seconds.toFixed(1).padStart(9)} s CPU, longest step ${p.longest_step_ms.toFixed(0)} ms`,
    );
}

export function loadLine(figures: WithDatabase<LoadFigures>): string {
  const database = figures.database_cpu_seconds === null ? "" : `, the database's ${figures.database_cpu_seconds.toFixed(1)} s`;
  return `${figures.parts} parts of ${figures.files} files in ${figures.seconds.toFixed(1)} s (${figures.cpu_seconds.toFixed(1)} s of CPU${database}), peak ${megabytes(figures.memory_peak_bytes)} MB`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
