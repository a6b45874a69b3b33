import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { PATIENCE_MS } from "./test/support/patience.ts";

/** Far above what any test takes: nobody waits for them but a test that fails, and a busy machine may take many times as long. */
const limits = { pool: "forks", testTimeout: 120_000, hookTimeout: 180_000, expect: { poll: { timeout: PATIENCE_MS } } } as const;
/** One more than there are cores: most files wait for the database half of their time. Vitest's own choice is one less. */
const WORKERS = availableParallelism() + 1;

/**
 * Tests beside the code and those of test/; the browser tests are a project of their own, with longer limits. The set-up (one
 * PostgreSQL) belongs to the root, so that both projects share it.
 */
export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    globalSetup: ["test/support/postgres-setup.ts"],
    projects: [
      {
        test: {
          ...limits,
          name: "code",
          include: ["src/**/*.test.{ts,tsx}", "tools/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: ["test/e2e/**"],
        },
      },
      {
        test: {
          ...limits,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
