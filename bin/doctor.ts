import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, readConfig } from "#server/config.ts";
import type { Config } from "#server/config.ts";
import { DatabaseError } from "#server/database/database-error.ts";
import { DATABASE_NAME, startEmbeddedPostgres } from "#server/database/embedded.ts";
import { runningEmbeddedAddress } from "#server/database/embedded/running.ts";
import { checkMigrated } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import { runDoctor } from "#server/inventory/doctor/run-doctor.ts";
import type { Diagnosis, Examination } from "#server/inventory/doctor/run-doctor.ts";
import { createLog } from "#server/observe/log.ts";
import { ProgressLine } from "./progress-line.ts";

const HELP = `Usage: muster doctor [--repair] [--json]

Proves that the inventory in the database agrees with itself: counts are those of the rows, nothing names what does not exist, history adds
up, software is in the title that the rules derive. Runs on the server's machine, with the server's environment, beside the running server or
without it.

  --repair  put right what is wrong, while the server runs
  --json    print the result as JSON

Exit codes:
  0  nothing is wrong (any more)
  1  something is wrong, and is left
  2  the command line or the configuration is wrong
  5  the database cannot be reached, or is of another version
`;
const EXIT = { ok: 0, wrong: 1, usage: 2, unreachable: 5 } as const;

/** `muster doctor`. Returns the exit code. */
export async function doctor(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { repair: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) {
      process.stdout.write(HELP);
      return EXIT.ok;
    }
    return await examine(readConfig(env), values.repair === true, values.json === true);
  } catch (error) {
    process.stderr.write(`muster: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code.startsWith("ERR_PARSE_ARGS")) return EXIT.usage;
  return error instanceof DatabaseError || /^(E[A-Z]+|08\w{3}|57P0\d|28\w{3}|3D000)$/.test(code) ? EXIT.unreachable : EXIT.wrong;
}

async function examine(config: Config, repair: boolean, json: boolean): Promise<number> {
  const log = createLog("silent");
  const address = await findDatabase(config);
  const handles = openDatabase({ url: address.url, replicaUrl: null, log, max: 4 });
  const line = new ProgressLine(process.stderr);
  try {
    await checkMigrated(handles.pool);
    const examination = await runDoctor({
      db: handles.primary,
      now: () => new Date(),
      repair,
      onProgress: (check, index, total, progress) => {
        const words = `${index + 1}/${total} ${check.name}`;
        if (progress === null) line.begin(words);
        else line.advance(`${words}: ${number(progress.done)} of ${number(progress.of)} ${progress.unit}`);
      },
      onRepair: (check, done, of) => line.begin(`repairing ${check.name}: ${number(done)} of ${number(of)}`),
      onDiagnosis: (diagnosis) => {
        line.clear();
        if (!json) process.stdout.write(linesOf(diagnosis, repair));
      },
    });
    line.clear();
    const { diagnoses, hosts, links } = examination;
    const left = diagnoses.filter((one) => one.left > 0).length;
    if (json) process.stdout.write(`${JSON.stringify({ hosts, links, checks: diagnoses.map(jsonOf) }, null, 2)}\n`);
    else process.stdout.write(summaryOf(examination, left, repair));
    return left === 0 ? EXIT.ok : EXIT.wrong;
  } finally {
    line.clear();
    await handles.close();
    await address.release();
  }
}

const number = (value: number): string => value.toLocaleString("en");

/** The server's database: the configured one, else the embedded one, which is started for this when no server runs it. */
async function findDatabase(config: Config): Promise<{ url: string; release: () => Promise<void> }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, release: async () => undefined };
  const directory = join(config.dataDir, "postgresql");
  const running = await runningEmbeddedAddress(directory, DATABASE_NAME);
  if (running !== null) return { url: running, release: async () => undefined };
  if (!existsSync(join(directory, "PG_VERSION"))) {
    throw new DatabaseError(`There is no database in ${directory}: set MUSTER_DATA_DIR or DATABASE_URL as the server has them.`);
  }
  const own = await startEmbeddedPostgres({ directory, log: createLog("silent") });
  return { url: own.url, release: () => own.stop() };
}

/** What one check found, for people. */
function linesOf(diagnosis: Diagnosis, repair: boolean): string {
  const { check, found, left, seconds } = diagnosis;
  const time = `${seconds.toFixed(1)} s`;
  const lines = found.left_out.map((words) => `       Left out: ${words}`);
  if (found.count === 0) return `${[`ok     ${check.name} (${time}): ${check.proves}`, ...lines].join("\n")}\n`;
  const what = `${number(found.count)} ${found.count === 1 ? check.finding[0] : check.finding[1]}`;
  lines.unshift(`${left === 0 ? "mended" : "WRONG "} ${check.name} (${time}): ${what}`, ...samplesOf(diagnosis));
  if (left === 0) lines.push(`       Done: ${check.remedy}`);
  else if (repair) lines.push(`       ${number(left)} left. ${check.remedy}`);
  else lines.push(`       ${check.repair === null ? "" : "With --repair: "}${check.remedy}`);
  return `${lines.join("\n")}\n`;
}

function samplesOf({ found }: Diagnosis): string[] {
  const lines = found.samples.map((sample) => `         ${sample}`);
  const more = found.count - found.samples.length;
  return more > 0 ? [...lines, `         and ${number(more)} more`] : lines;
}

function summaryOf({ diagnoses, hosts, links }: Examination, left: number, repair: boolean): string {
  const wrong = diagnoses.filter((one) => one.found.count > 0).length;
  if (wrong === 0) return `Nothing is wrong: ${diagnoses.length} checks of ${number(hosts)} hosts with ${number(links)} links.\n`;
  if (left === 0) return `${wrong} of ${diagnoses.length} checks found something; all of it is put right.\n`;
  return `${left} of ${diagnoses.length} checks ${left === 1 ? "leaves" : "leave"} something wrong.${repair ? "" : " Run it again with --repair."}\n`;
}

function jsonOf({ check, found, left, seconds }: Diagnosis) {
  return {
    name: check.name,
    proves: check.proves,
    found: found.count,
    left,
    left_out: found.left_out,
    samples: found.samples,
    remedy: check.remedy,
    seconds,
  };
}
