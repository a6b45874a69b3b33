import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openInventory, entryOf, type Inventory } from "#test/support/inventory.ts";
import { emptyDatabase } from "#test/support/postgres.ts";

const MUSTER = resolve(import.meta.dirname, "../../../bin/muster.ts");
let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory();
  await inventory.report(await inventory.newHost(), "deb_packages", [entryOf("deb_packages", { name: "curl", version: "1" })]);
});
afterAll(() => inventory.database.close());

/** Runs the command as an operator does, in a process of its own. */
async function doctor(databaseUrl: string, ...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve: done } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const child = execFile(process.execPath, [MUSTER, "doctor", ...argv], { env }, (_error, stdout, stderr) =>
    done({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

interface Result {
  hosts: number;
  links: number;
  checks: { name: string; found: number; left: number; samples: string[]; remedy: string }[];
}

test("doctor --json: nothing, then what was broken, then that it is mended; the exit code says which", async () => {
  const { url } = inventory.database;
  const well = await doctor(url, "--json");
  expect([well.code, well.stderr]).toEqual([0, ""]);
  const { checks, hosts, links } = JSON.parse(well.stdout) as Result;
  expect(checks.length).toBeGreaterThan(5);
  expect(checks.filter((check) => check.found > 0)).toEqual([]);
  expect([hosts, links]).toEqual([1, 1]);

  await sql`UPDATE software_title_counts SET hosts_count = 7`.execute(inventory.deps.db);
  const wrong = await doctor(url, "--json");
  expect(wrong.code).toBe(1);
  const found = (JSON.parse(wrong.stdout) as Result).checks.filter((check) => check.found > 0);
  expect(found.map((check) => [check.found, check.left])).toEqual([[1, 1]]);
  expect(found[0]?.samples[0]).toContain("7");

  const mended = await doctor(url, "--repair");
  expect(mended.code).toBe(0);
  expect(mended.stdout).toContain("all of it is put right");
  expect(await inventory.wrongCounts()).toEqual([]);
}, 120_000);

test("doctor on a database of another version says what to do, and changes nothing", async () => {
  const empty = await emptyDatabase();
  try {
    const run = await doctor(empty.url);
    expect([run.code, run.stdout]).toEqual([5, ""]);
    expect(run.stderr).toMatch(/lacks 0001_\w+\.sql.*start this version's server once/);
  } finally {
    await empty.drop();
  }
});

test.each([
  ["an option that there is not", "", ["--nonsense"], 2, "--nonsense"],
  ["a database that does not answer", "postgres://127.0.0.1:1/none", [], 5, ""],
])("doctor with %s says so and exits with its code", async (_what, url, argv, code, words) => {
  const run = await doctor(url || inventory.database.url, ...argv);
  expect(run.code).toBe(code);
  expect(run.stderr).toMatch(/^muster: .+/);
  expect(run.stderr).toContain(words);
});
