import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VitestCount } from "./vitest-count.ts";

/** Steps of `npm test` and `npm run check`: programs of the packages, run one after the other, counted together. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Step {
  name: string;
  /** A program of node_modules/.bin, and its arguments. */
  command: string[];
}

export const STATIC_STEPS: readonly Step[] = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--quiet"] },
  // several checkers of one project each check what it shares: 66 s of processor time instead of 24 (from nothing, two cores)
  { name: "types", command: ["tsc", "--build", "--checkers", "1", "--builders", "2"] },
];

export const GENERATED_STEP: Step = { name: "generated files are up to date", command: ["node", "tools/generate.ts", "--check"] };

export interface Tally {
  passed: number;
  failed: number;
  skipped: VitestCount["skipped"];
}

/** Runs a step quietly; what it printed is shown when it fails. */
export async function runStep(step: Step, tally: Tally): Promise<void> {
  const startedAt = performance.now();
  const { code, output } = await run(step.command, { capture: true });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code === 0) tally.passed += 1;
  else {
    tally.failed += 1;
    process.stdout.write(output);
  }
  console.log(`${code === 0 ? "✓" : "✗"} ${step.name} (${seconds} s)`);
}

/** Runs Vitest and adds what it counted; a run that dies before it could count is one failure. */
export async function runVitest(words: string[], tally: Tally, env: Record<string, string> = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "muster-count-"));
  const file = join(folder, "count.json");
  try {
    const reporters = ["--reporter=default", "--reporter=./tools/vitest-count.ts"];
    const { code } = await run(["vitest", "run", "--passWithNoTests", ...reporters, ...words], {
      env: { ...env, MUSTER_TEST_COUNT: file },
    });
    const count = await readFile(file, "utf8").then(
      (text) => JSON.parse(text) as VitestCount,
      () => ({ passed: 0, failed: code === 0 ? 0 : 1, skipped: [] }),
    );
    tally.passed += count.passed;
    tally.failed += count.failed === 0 && code !== 0 ? 1 : count.failed;
    tally.skipped.push(...count.skipped);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Prints the skipped tests and, as the last line, the sum; sets the exit code. With `requireAll` a skipped test counts as failed,
 * except those that need the shared device images where there are none: nothing can install them.
 */
export function finish(tally: Tally, options: { requireAll: boolean }): void {
  const required = options.requireAll ? tally.skipped.filter(({ name }) => !name.includes("MUSTER_SHARED_DIR")) : [];
  for (const skip of tally.skipped)
    console.log(`${required.includes(skip) ? "skipped, but required" : "skipped"}: ${line(skip)}`);
  const failed = tally.failed + required.length;
  const left = tally.skipped.length - required.length;
  if (left > 0) console.log(`${left} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${tally.passed} passed, ${failed} failed`);
}

function line({ name, reason }: { name: string; reason: string | null }): string {
  return reason === null ? name : `${name} (${reason})`;
}

interface RunOptions {
  capture?: boolean;
  env?: Record<string, string>;
}

/** Runs a program of node_modules/.bin in the repository's root. */
export async function run(command: string[], options: RunOptions = {}): Promise<{ code: number; output: string }> {
  const [program = "", ...words] = command;
  const path = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  const child = spawn(program, words, {
    cwd: ROOT,
    env: { ...process.env, PATH: path, ...options.env },
    stdio: options.capture === true ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
  });
  let output = "";
  const keep = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("error", (error) => {
    output += `${error.message}\n`;
    resolve(1);
  });
  child.once("close", (code) => resolve(code ?? 1));
  return { code: await promise, output };
}
