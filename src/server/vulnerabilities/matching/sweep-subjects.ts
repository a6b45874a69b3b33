import type { MatchingDeps } from "./deps.ts";
import { subjectsSweepInTx } from "./sweep-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** What a host loses often comes back, on it or another one; until then nothing has to be matched again. */
const GRACE_MS = 24 * 60 * 60 * 1000;
const AT_ONCE = 1000;

/**
 * Deletes subjects that no host has had for a while, in bounded steps; `between` is what does not wait for all of
 * them. Returns how many went.
 */
export async function sweepSubjects(
  { db, now }: Pick<MatchingDeps, "db" | "now">,
  signal?: AbortSignal,
  between: () => Promise<unknown> = async () => undefined,
): Promise<number> {
  const olderThan = new Date(now().getTime() - GRACE_MS);
  let swept = 0;
  for (let after: number | null = 0; after !== null && signal?.aborted !== true;) {
    const from: number = after;
    // oxlint-disable-next-line no-await-in-loop -- one bounded step after the other
    const step = await db.transaction().execute(async (tx) => {
      await matchTurnInTx(tx);
      return await subjectsSweepInTx(tx, from, olderThan, AT_ONCE);
    });
    swept += step.swept;
    // oxlint-disable-next-line no-await-in-loop
    await between();
    after = step.last;
  }
  return swept;
}
