/**
 * How long a test waits for something before it fails: far longer than it ever takes, as a machine that is busy with other tests may
 * take many times as long as a quiet one. Nobody waits for it but a test that fails.
 */
export const PATIENCE_MS = 60_000;

/** For `vi.waitFor` and `vi.waitUntil`, whose own patience is a second; `expect.poll` has it from vitest.config.ts. */
export const PATIENT = { timeout: PATIENCE_MS } as const;

/** Milliseconds of processor time that something takes in this process: unlike time on the clock, no other process adds to it. */
export function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
