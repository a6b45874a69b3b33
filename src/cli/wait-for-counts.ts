import { setTimeout } from "node:timers/promises";
import { beingCounted } from "#client/being-counted.ts";
import type { CliIo } from "./io.ts";

/**
 * Asks until the server has counted what was asked for, and says on standard error how far that is: a person waits and sees why, a
 * script waits. Every other failure is thrown on.
 */
export async function waitForCounts<T>(io: Pick<CliIo, "stderr">, ask: () => Promise<T>): Promise<T> {
  for (let shown = ""; ;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the same call until it succeeds
      return await ask();
    } catch (error) {
      const counting = beingCounted(error);
      if (counting === null) throw error;
      if (counting.words !== shown) io.stderr.write(`${counting.words}\n`);
      shown = counting.words;
      // oxlint-disable-next-line no-await-in-loop
      await setTimeout(counting.retryAfterSeconds * 1000);
    }
  }
}
