/** `npm test`: everything. Further words go to Vitest (a file name, `-t` and a test's name) and then only those tests run. */
import { existsSync } from "node:fs";
import { buildWeb } from "./build.ts";
import { finish, GENERATED_STEP, runStep, runVitest, STATIC_STEPS } from "./steps.ts";
import type { Step, Tally } from "./steps.ts";

const POSTGRESQL_15 = "/usr/lib/postgresql/15/bin/postgres";
/** Where SQL is written; tests with a hundred thousand rows are about plans, which differ between versions. */
const ON_OLDEST_POSTGRES = [
  "src/server/access",
  "src/server/activity",
  "src/server/database/migrate",
  "src/server/devices/list-hosts",
  "src/server/devices/routes",
  "src/server/devices/seen-buffer",
  "src/server/inventory",
  "src/server/jobs",
  "src/server/notify",
];

const tally: Tally = { passed: 0, failed: 0, skipped: [] };
const chosen = process.argv.slice(2);
if (chosen.length > 0) await runVitest(chosen, tally);
else {
  // side by side, as the second list mostly waits: for a database to start, for files
  await Promise.all([runSteps(STATIC_STEPS), runSteps([GENERATED_STEP]).then(buildForTests)]);
  await runVitest(["--project", "code"], tally);
  await testOldestPostgres();
  await runVitest(["--project", "e2e"], tally);
}
finish(tally, { requireAll: process.env["MUSTER_REQUIRE_ALL"] === "1" });

async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await runStep(step, tally);
}

/** The browser tests look at the built interface; its build is one test more. */
async function buildForTests(): Promise<void> {
  try {
    await buildWeb({ quiet: true });
    tally.passed += 1;
    console.log("✓ build of the web interface");
  } catch (error) {
    tally.failed += 1;
    console.log(`✗ build of the web interface: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Once more on the oldest PostgreSQL that Muster supports: what speaks SQL. */
async function testOldestPostgres(): Promise<void> {
  if (existsSync(POSTGRESQL_15)) {
    await runVitest(["--project", "code", ...ON_OLDEST_POSTGRES], tally, { MUSTER_TEST_DATABASE: "system15" });
  } else {
    const reason = "needs the Debian package postgresql-15";
    tally.skipped.push({ name: "the tests that speak SQL, on PostgreSQL 15", reason });
  }
}
