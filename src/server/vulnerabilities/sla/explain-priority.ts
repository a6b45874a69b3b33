import { priorityOf } from "#domain/vulnerability/judgement/priority.ts";
import { isOverdue, slaClock } from "#domain/vulnerability/judgement/sla.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { explainPriority as endpoint } from "#protocol/rest/vulnerability-judgement.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { exposureFacts, fleetSize } from "../matching/exposure-store.ts";
import { vulnerabilityByCve } from "../decisions/decision-store.ts";
import { judgeExposure } from "./judge-exposure.ts";
import { slaSettings } from "./sla-settings.ts";
import { runningShares, usedShares } from "./used-store.ts";

/** Why a vulnerability has the priority that it has, and until when it is to be fixed. @throws {HttpError} 404 where no host has it */
export async function explainPriority(
  { db, now }: { db: Database; now: () => Date },
  cve: string,
): Promise<EndpointResult<typeof endpoint>> {
  const vulnerability = await vulnerabilityByCve(db, cve);
  const ids = vulnerability === undefined ? [] : [vulnerability.id];
  const [row] = await exposureFacts(db, ids);
  if (row === undefined) throw notFound("cve", `No device has ${cve} now.`);
  const [fleet, settings, used, running] = await Promise.all([
    fleetSize(db),
    slaSettings(db),
    usedShares(db, ids, now()),
    runningShares(db, ids),
  ]);
  const id = row.vulnerability_id;
  const { facts, clockFacts } = judgeExposure(row, fleet, running.get(id) ?? used.get(id) ?? null);
  const clock = slaClock(clockFacts, settings);
  const { priority, reasons } = priorityOf(facts);
  return {
    cve,
    priority,
    reasons: reasons.map(({ input, points, text }) => ({ input, points, text })),
    first_seen: row.first_seen.toISOString(),
    due_at: clock.due,
    due_rule: clock.rule,
    overdue: isOverdue(clock, now()),
  };
}
