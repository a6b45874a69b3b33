import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GeneratorClient, startGenerator } from "./fleet/generator-client.ts";
import { benchImages } from "./fleet/images.ts";
import { measureLimits } from "./limits/limits.ts";
import type { BenchOptions } from "./options.ts";
import type { BenchResults } from "./results.ts";
import { listScenarios, pollScenarios, reportScenarios, type Stage } from "./scenarios.ts";
import { ADMIN_TOKEN, type ChildServer, ENROLL_SECRET, serverEnvironment, startServer } from "./system/child-server.ts";
import { type BenchDatabase, startDatabase } from "./system/database.ts";
import { machineFacts } from "./system/machine.ts";
import { connectProfiler } from "./system/profiler.ts";
import { postgresMemory, processMemory } from "./system/usage.ts";

/**
 * The whole bench: a database of its own, the server as a process of its own, the fleet in another.
 *
 * @param say takes a line of progress
 * @throws {Error} when an answer was wrong or the database does not hold what was sent: then there are no figures
 */
export async function runBench(options: BenchOptions, say: (line: string) => void): Promise<BenchResults> {
  const directory = await mkdtemp(join(tmpdir(), "muster-bench-"));
  if (options.profile !== null) await mkdir(options.profile, { recursive: true });
  const database = await startDatabase(directory, options.profile !== null);
  const generator = startGenerator();
  try {
    return await phases(directory, database, generator, options, say);
  } finally {
    generator.stop();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function phases(
  directory: string,
  database: BenchDatabase,
  generator: GeneratorClient,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<BenchResults> {
  const machine = machineFacts(database.version);
  const { images, kind } = benchImages();
  const { hosts, seconds, connections } = options;
  let peak = 0;
  const withServer = async <T>(intervalSeconds: number, work: (stage: Stage) => Promise<T>): Promise<T> => {
    const stage = await openStage({ directory, database, generator, options, say, intervalSeconds });
    try {
      return await work(stage);
    } catch (error) {
      say(`what the server printed:\n${stage.server.output().slice(-4000)}`);
      throw error;
    } finally {
      peak = Math.max(peak, processMemory(stage.server.pid).peak);
      await stage.close();
    }
  };
  const reports = await withServer(0, reportScenarios);
  const later = await withServer(3600, async (stage) => [...(await pollScenarios(stage)), ...(await listScenarios(stage))]);
  const limits = await measureLimits(generator, database, options, say);
  const links = reports.sizes.find((size) => size.table === "host_software");
  return {
    takenAt: new Date().toISOString(),
    machine,
    durability: await database.durability(),
    fleet: { hosts, seconds, connections, images: images.length, kind },
    measurements: [...reports.measurements, ...later],
    limits,
    storage: { hosts, rows: links?.rows ?? 0, tables: reports.sizes },
    memory: { serverPeakBytes: peak, databasePssBytes: postgresMemory(database.postmasterPid) },
  };
}

type OpenStage = Stage & { server: ChildServer; close(): Promise<void> };

interface StageOptions {
  directory: string;
  database: BenchDatabase;
  generator: GeneratorClient;
  options: BenchOptions;
  say: (line: string) => void;
  intervalSeconds: number;
}

async function openStage(given: StageOptions): Promise<OpenStage> {
  const { directory, database, generator, options, say, intervalSeconds } = given;
  const environment = serverEnvironment(directory, database.url, intervalSeconds);
  const server = await startServer({ environment, inspect: options.profile !== null });
  const musterHosts = Math.max(1, Math.round(options.hosts / 4));
  await generator.start({
    port: server.port,
    hosts: options.hosts,
    musterHosts,
    enrollSecret: ENROLL_SECRET,
    adminToken: ADMIN_TOKEN,
  });
  const profiler =
    options.profile === null || server.inspectUrl === null
      ? null
      : await connectProfiler(server.inspectUrl, database, options.profile);
  return {
    server,
    database,
    generator,
    options,
    say,
    port: server.port,
    adminToken: ADMIN_TOKEN,
    profiled: (name, work) => (profiler === null ? work() : profiler.profiled(name, work)),
    async close() {
      profiler?.close();
      await server.stop();
    },
  };
}
