import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** What one Vitest run came to, for tools/test.ts. */
export interface VitestCount {
  passed: number;
  failed: number;
  /** `reason`: null when the test's name says it. */
  skipped: { name: string; reason: string | null }[];
}

/** A Vitest reporter that writes the counts, and why tests were skipped, to the file that `MUSTER_TEST_COUNT` names. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const path = process.env["MUSTER_TEST_COUNT"];
    if (path === undefined) return;
    const count: VitestCount = { passed: 0, failed: unhandled.length, skipped: [] };
    for (const module of modules) addModule(count, module);
    writeFileSync(path, JSON.stringify(count));
  }
}

function addModule(count: VitestCount, module: TestModule): void {
  // a file that could not even be loaded has no tests to count
  if (module.state() === "failed" && module.children.allTests().next().done === true) count.failed += 1;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === "passed") count.passed += 1;
    else if (result.state === "skipped") {
      count.skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason: result.note ?? null });
    } else count.failed += 1;
  }
}
