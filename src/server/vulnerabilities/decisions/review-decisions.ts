import { reopeningReason } from "#domain/vulnerability/judgement/decision.ts";
import type { Severity } from "#domain/vulnerability/model.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { decisionsEndInTx, decisionsToReview } from "./decision-store.ts";

const BATCH = 500;

/**
 * Ends the decisions that no longer hold: expired, or one of their conditions came true. Each is told in the audit trail.
 *
 * @returns how many ended
 */
export async function reviewDecisions({ db, now }: { db: Database; now: () => Date }, signal?: AbortSignal): Promise<number> {
  let ended = 0;
  let after = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch
    const batch = await decisionsToReview(db, after, BATCH);
    after = batch.at(-1)?.id ?? 0;
    const over = batch.flatMap((decision) => {
      const conditions = { ...decision, expires_at: decision.expires_at?.toISOString() ?? null };
      const present = { ...decision, severity: decision.severity as Severity };
      const reason = reopeningReason(conditions, decision.baseline, present, now());
      return reason === null ? [] : [{ decision, reason }];
    });
    // oxlint-disable-next-line no-await-in-loop
    if (over.length > 0) await end(db, over, now());
    ended += over.length;
    if (batch.length < BATCH) break;
  }
  return ended;
}

interface Over {
  decision: Awaited<ReturnType<typeof decisionsToReview>>[number];
  reason: NonNullable<ReturnType<typeof reopeningReason>>;
}

async function end(db: Database, over: readonly Over[], now: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await decisionsEndInTx(
      tx,
      over.map(({ decision, reason }) => ({ id: decision.id, reason, by: null, note: null })),
      now,
    );
    for (const { decision, reason } of over) {
      const details = { decision_id: decision.id, kind: decision.kind, cve: decision.cve, reason };
      // oxlint-disable-next-line no-await-in-loop -- one transaction is one connection; decisions rarely end together
      await recordActivity(tx, { type: "reopened_vulnerability_decision", actor: null, details });
    }
  });
}
