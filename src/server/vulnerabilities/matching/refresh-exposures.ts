import { priorityOf } from "#domain/vulnerability/judgement/priority.ts";
import { slaClock, type SlaSettings } from "#domain/vulnerability/judgement/sla.ts";
import type { Database } from "#server/database/tables.ts";
import { judgeExposure } from "../sla/judge-exposure.ts";
import { slaSettings } from "../sla/sla-settings.ts";
import { runningShares, usedShares } from "../sla/used-store.ts";
import { exposureFacts, exposureJudgementsWriteInTx, fleetSize, type ExposureFacts } from "./exposure-store.ts";

/** Judges exposures anew and copies what lists show of their vulnerabilities; counts stay. */
export async function exposureFactsRefreshInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  const rows = await exposureFacts(tx, vulnerabilityIds);
  if (rows.length === 0) return;
  const fleet = await fleetSize(tx);
  const settings = await slaSettings(tx);
  const used = await usedShares(tx, vulnerabilityIds, new Date());
  const running = await runningShares(tx, vulnerabilityIds);
  await exposureJudgementsWriteInTx(
    tx,
    rows.map((row) => judged(row, fleet, running.get(row.vulnerability_id) ?? used.get(row.vulnerability_id) ?? null, settings)),
  );
}

function judged(row: ExposureFacts, fleet: number, used: number | null, settings: SlaSettings) {
  const { facts, clockFacts } = judgeExposure(row, fleet, used);
  const { vulnerability_id } = row;
  return { vulnerability_id, priority: priorityOf(facts).priority, due_at: slaClock(clockFacts, settings).due };
}
