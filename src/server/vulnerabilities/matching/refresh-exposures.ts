import { priorityOf } from "#domain/vulnerability/judgement/priority.ts";
import { slaClock, SLA_DEFAULTS } from "#domain/vulnerability/judgement/sla.ts";
import type { Database } from "#server/database/tables.ts";
import { exposureFacts, exposureJudgementsWriteInTx, fleetSize, type ExposureFacts } from "./exposure-store.ts";

/** Judges exposures anew and copies what lists show of their vulnerabilities; counts stay. */
export async function exposureFactsRefreshInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  const rows = await exposureFacts(tx, vulnerabilityIds);
  if (rows.length === 0) return;
  const fleet = await fleetSize(tx);
  await exposureJudgementsWriteInTx(
    tx,
    rows.map((row) => judged(row, fleet)),
  );
}

function judged(row: ExposureFacts, fleet: number): { vulnerability_id: number; priority: number; due_at: string | null } {
  const { vulnerability_id, states, hosts_count, first_seen, exploited_since, ...facts } = row;
  const { priority } = priorityOf({
    ...facts,
    hosts_count,
    fleet_count: Math.max(fleet, hosts_count),
    fix_available: states.includes("affected"),
    used: null,
  });
  const clock = slaClock(
    { severity: facts.severity, malware: facts.malware, exploited_since, first_seen: first_seen.toISOString() },
    SLA_DEFAULTS,
  );
  return { vulnerability_id, priority, due_at: clock.due };
}
