import { parseArgs } from "node:util";
import { startTestPostgres } from "#test/support/postgres-setup.ts";
import { runSeed, SeedFailure } from "./model/run-seed.ts";
import type { SeedResult } from "./model/run-seed.ts";

/** `npm run simulate`: plays seeds against whole servers and a real PostgreSQL, and says with which words to see a failure again. */
const HELP = `npm run simulate -- [options]

  --seed N          play one seed (default 1)
  --seeds A-B       play several
  --devices D       simulated devices (default 12)
  --steps S         steps of each seed (default 40)
  --verbose         print every step
  --thorough        assert after every step, not only after some and at the end
  --help            this text

The same seed takes the same decisions with the same number of devices and steps.
`;

interface Options {
  seeds: number[];
  devices: number;
  steps: number;
  verbose: boolean;
  thorough: boolean;
}

/** @throws {Error} with one sentence on an option that is not known or not allowed. */
function readOptions(argv: string[]): Options | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      devices: { type: "string" },
      steps: { type: "string" },
      verbose: { type: "boolean", default: false },
      thorough: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const range = /^(\d+)-(\d+)$/.exec(values.seeds ?? `${values.seed ?? 1}-${values.seed ?? 1}`);
  const [from, to] = [Number(range?.[1]), Number(range?.[2])];
  if (range === null || from > to)
    throw new Error(`--seeds must be like 1-100, --seed a whole number; found ${values.seeds ?? values.seed}.`);
  const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const devices = whole("devices", values.devices, 12, 1000);
  return { seeds, devices, steps: whole("steps", values.steps, 40, 100_000), verbose: values.verbose, thorough: values.thorough };
}

function whole(name: string, text: string | undefined, fallback: number, max: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`--${name} must be a whole number from 1 to ${max}; ${text} is not.`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const { seeds, ...rest } = options;
  const startedAt = performance.now();
  // commits must outlive a crash of the database, or an acknowledged report would be lost by the simulation's own doing
  const postgres = await startTestPostgres({ synchronous_commit: "on" });
  const failed: number[] = [];
  try {
    for (const seed of seeds) if (!(await play(seed, rest, postgres.url))) failed.push(seed);
  } finally {
    await postgres.stop();
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const verdict = failed.length === 0 ? "all green" : `failed: ${failed.join(", ")}`;
  process.stdout.write(`${seeds.length} seeds, ${seeds.length - failed.length} green in ${seconds} s; ${verdict}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function play(seed: number, options: Omit<Options, "seeds">, postgresUrl: string): Promise<boolean> {
  const onStep = (step: number, kind: string): void => void process.stdout.write(`  ${step} ${kind}\n`);
  try {
    const { devices, steps, thorough } = options;
    const result = await runSeed({ seed, devices, steps, thorough, postgresUrl, ...(options.verbose ? { onStep } : {}) });
    process.stdout.write(`${summary(result)}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof SeedFailure)) throw error;
    const again = `npm run simulate -- --seed ${seed} --devices ${options.devices} --steps ${options.steps} --verbose --thorough`;
    const cause = error.cause instanceof Error ? `${error.cause.stack}\n` : "";
    process.stdout.write(`✗ ${error.message}\n${cause}  see it again: ${again}\n`);
    return false;
  }
}

function summary({ seed, steps, milliseconds, done }: SeedResult): string {
  const words = Object.entries(done)
    .filter(([name]) => !name.startsWith("deleted "))
    .map(([name, count]) => `${name} ${count}`);
  return `✓ seed ${seed}: ${steps} steps in ${(milliseconds / 1000).toFixed(1)} s (${words.join(", ")})`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`simulate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
