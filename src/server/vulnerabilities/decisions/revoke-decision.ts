import type { VulnerabilityDecision } from "#protocol/rest/vulnerability-decisions.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { conflict, notFound } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { decisionRead, decisionsEndInTx } from "./decision-store.ts";
import { presentDecision } from "./present-decision.ts";

/** Ends a decision now; its findings are open again. @throws {HttpError} 404 unknown, 409 ended already */
export async function revokeDecision(
  { db, now }: { db: Database; now: () => Date },
  id: number,
  note: string | undefined,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<VulnerabilityDecision> {
  return db.transaction().execute(async (tx) => {
    const before = await decisionRead(tx, id, true);
    if (before === undefined) throw notFound("id", `There is no decision ${id}.`);
    if (before.ended_at !== null) throw conflict("id", `Decision ${id} ended already (${before.ended_reason}).`);
    await decisionsEndInTx(tx, [{ id, reason: "revoked", by: caller?.name ?? null, note: note ?? null }], now());
    const details = { decision_id: id, kind: before.kind, cve: before.cve, note: note ?? null };
    await recordActivity(tx, { type: "revoked_vulnerability_decision", actor: caller, details });
    return presentDecision((await decisionRead(tx, id)) ?? before);
  });
}
