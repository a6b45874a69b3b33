import { setTimeout as delay } from "node:timers/promises";
import { PATIENCE_MS } from "#test/support/patience.ts";

/** Waits until something holds, looking every few milliseconds. @throws {Error} naming what did not come to be. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs = PATIENCE_MS): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await delay(5);
  }
}
