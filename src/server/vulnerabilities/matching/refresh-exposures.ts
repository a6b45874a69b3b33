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

/** Why an exposure has the priority that it has, in words, what raises it most first. */
export async function priorityReasons(db: Database, vulnerabilityId: number): Promise<string[]> {
  const [row] = await exposureFacts(db, [vulnerabilityId]);
  return row === undefined ? [] : priorityOfExposure(row, await fleetSize(db)).reasons.map(({ text }) => text);
}

function priorityOfExposure(row: ExposureFacts, fleet: number) {
  const { states, hosts_count } = row;
  const fleet_count = Math.max(fleet, hosts_count);
  return priorityOf({ ...row, fleet_count, fix_available: states.includes("affected"), used: null });
}

function judged(row: ExposureFacts, fleet: number, used: number | null, settings: SlaSettings) {
  const { facts, clockFacts } = judgeExposure(row, fleet, used);
  const { vulnerability_id } = row;
  return { vulnerability_id, priority: priorityOf(facts).priority, due_at: slaClock(clockFacts, settings).due };
}
