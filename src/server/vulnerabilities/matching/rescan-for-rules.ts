import type { Database } from "#server/database/tables.ts";
import { matchingRulesNoteInTx, rescanRequest } from "./rescan-store.ts";

/**
 * Raised whenever matching (src/domain/vulnerability/match*.ts, src/domain/version) tells something else of the same identity and the same
 * ranges. What tells other identities has a version of its own (current-catalogue.ts).
 */
export const MATCHING_RULES = 1;

/** Has everything matched again where the findings are of other rules of matching than these: after an update. Returns whether it is so. */
export async function rescanForRules(db: Database, rules = MATCHING_RULES): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    const isOther = await matchingRulesNoteInTx(tx, rules);
    if (isOther) await rescanRequest(tx);
    return isOther;
  });
}
