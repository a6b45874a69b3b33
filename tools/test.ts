/** `npm test`: everything. Further words go to Vitest (a file name, `-t` and a test's name) and then only those tests run. */
import { buildWeb } from "./build.ts";
import { finish, GENERATED_STEP, runStep, runVitest, STATIC_STEPS } from "./steps.ts";
import type { Tally } from "./steps.ts";

const tally: Tally = { passed: 0, failed: 0, skipped: [] };
const chosen = process.argv.slice(2);
if (chosen.length > 0) await runVitest(chosen, tally);
else {
  for (const step of STATIC_STEPS) await runStep(step, tally);
  await runStep(GENERATED_STEP, tally);
  await buildForTests();
  await runVitest(["--project", "code"], tally);
  await runVitest(["--project", "e2e"], tally);
}
finish(tally, { requireAll: process.env["MUSTER_REQUIRE_ALL"] === "1" });

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
