import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { partList } from "#server/vulnerabilities/feeds/engine/part-store.ts";
import { CORPUS } from "#test/support/feed-mirror.ts";
import { databaseAddress, startTestPostgres, TEMPLATE } from "#test/support/postgres-setup.ts";

const run = promisify(execFile);
const PROCESS = join(import.meta.dirname, "load-process.ts");
/** As the server starts it (feed-loader.ts). */
const FLAGS = ["--max-old-space-size=640", "--max-semi-space-size=16"];

interface LoadFigures {
  parts: number;
  files: number;
  seconds: number;
  cpu_seconds: number;
  memory_peak_bytes: number;
}

/** `npm run bench feeds [directory]`: every feed of the shared corpus loaded into an empty database, then looked at again. */
export async function loadCorpus([directory = CORPUS]: string[]): Promise<void> {
  const postgres = await startTestPostgres();
  const dataDir = await mkdtemp(join(tmpdir(), "muster-bench-feeds-"));
  const url = databaseAddress(postgres.url, TEMPLATE);
  try {
    for (const what of ["from empty", "again, unchanged"]) {
      const { stdout } = await run(process.execPath, [...FLAGS, PROCESS, url, directory, dataDir], { maxBuffer: 1e8 });
      const figures = JSON.parse(stdout) as LoadFigures;
      const peak = Math.round(figures.memory_peak_bytes / 1e6);
      console.log(
        `${what}: ${figures.parts} parts of ${figures.files} files in ${figures.seconds.toFixed(1)} s (${figures.cpu_seconds.toFixed(1)} s of CPU), peak ${peak} MB`,
      );
    }
    await printParts(url);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function printParts(url: string): Promise<void> {
  const handles = openDatabase({ url, replicaUrl: null, log: createLog("silent") });
  for (const part of await partList(handles.primary)) {
    if (part.state === "waiting") continue;
    const left = part.bad_records_count === 0 ? "" : `, ${part.bad_records_count} left out (${part.bad_record ?? ""})`;
    const failed = part.state === "ok" ? "" : ` FAILED: ${part.error ?? ""}`;
    console.log(`  ${part.feed} ${part.part}: ${part.records_count} records${left}${failed}`);
  }
  await handles.close();
}
