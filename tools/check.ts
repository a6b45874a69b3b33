/** `npm run check`: what can be known in seconds. Format, lint, types, and the tests that need no database. */
import { finish, runStep, runVitest, STATIC_STEPS } from "./steps.ts";
import type { Tally } from "./steps.ts";

const QUICK = ["src/domain", "src/protocol", "src/client", "src/cli", "src/agent", "src/web", "test/repo"];

const tally: Tally = { passed: 0, failed: 0, skipped: [] };
for (const step of STATIC_STEPS) await runStep(step, tally);
await runVitest(["--project", "code", ...QUICK], tally, { MUSTER_TEST_DATABASE: "none" });
finish(tally, { requireAll: false });
