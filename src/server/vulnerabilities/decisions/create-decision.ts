import type { DecisionBaseline } from "#domain/vulnerability/judgement/decision.ts";
import type { Severity } from "#domain/vulnerability/model.ts";
import type { EndpointInput } from "#protocol/endpoint.ts";
import type { createDecision as endpoint, VulnerabilityDecision } from "#protocol/rest/vulnerability-decisions.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { unprocessable } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { decisionInsert, decisionRead } from "./decision-store.ts";
import { presentDecision } from "./present-decision.ts";
import { readScope, type ReadScope } from "./read-scope.ts";
import { fixAvailable, suppressionsByDecisionsInTx } from "./suppression-store.ts";

type Body = EndpointInput<typeof endpoint>["body"];
type Author = Pick<Caller, "user_id" | "name" | "email" | "api_only">;

/**
 * Records that somebody accepts a risk, or calls findings false positives, and suppresses them.
 *
 * @throws {HttpError} 404, 422 as {@link readScope}; 422 for an expiry that has passed and conditions that hold already
 */
export async function createDecision(
  { db, now }: { db: Database; now: () => Date },
  body: Body,
  caller: Author | null,
): Promise<VulnerabilityDecision> {
  return db.transaction().execute(async (tx) => {
    const read = await readScope(tx, body);
    const baseline: DecisionBaseline = {
      severity: read.vulnerability.severity as Severity,
      epss: read.vulnerability.epss,
      kev: read.vulnerability.kev,
      fix_available: await fixAvailable(tx, read.scope),
    };
    checkConditions(body, baseline, now());
    const id = await decisionInsert(tx, { ...rowOf(body, read, caller), baseline: JSON.stringify(baseline), created_at: now() });
    await suppressionsByDecisionsInTx(tx, { decisionId: id });
    const row = await decisionRead(tx, id);
    if (row === undefined) throw new Error(`decision ${id} is gone within its own transaction`);
    const { kind, cve, reason, findings_count } = row;
    const details = { decision_id: id, kind, cve, ...read.names, reason, expires_at: body.expires_at ?? null, findings_count };
    await recordActivity(tx, { type: "created_vulnerability_decision", actor: caller, details });
    return presentDecision(row);
  });
}

function rowOf(body: Body, { scope, names }: ReadScope, caller: Author | null) {
  return {
    ...scope,
    kind: body.kind,
    reason: body.reason.trim(),
    author_id: caller?.user_id ?? null,
    author_full_name: caller?.name ?? null,
    expires_at: body.expires_at ?? null,
    reopen_epss: body.reopen_epss ?? null,
    reopen_kev: body.reopen_kev ?? true,
    reopen_severity: body.reopen_severity ?? false,
    reopen_fix: body.reopen_fix ?? false,
    names: JSON.stringify(names),
  };
}

/** A condition that holds already could never end the decision, though it reads as if it would. */
function checkConditions(body: Body, baseline: DecisionBaseline, now: Date): void {
  if (body.expires_at !== undefined && Date.parse(body.expires_at) <= now.getTime()) {
    throw unprocessable("expires_at", "It has passed already. Give a time in the future, or none.");
  }
  if (body.reopen_fix === true && baseline.fix_available) {
    throw unprocessable("reopen_fix", "A fix is available already: leave it out, or update.");
  }
  if (body.reopen_epss !== undefined && (baseline.epss ?? 0) >= body.reopen_epss) {
    throw unprocessable("reopen_epss", `EPSS is ${baseline.epss} already. Give a higher value, or none.`);
  }
}
