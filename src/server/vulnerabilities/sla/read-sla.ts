import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getSla } from "#protocol/rest/vulnerability-judgement.ts";
import { SEVERITIES } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { slaSettings } from "./sla-settings.ts";
import { fixTimes, slaCounts } from "./sla-store.ts";

const SOON_DAYS = 7;

/** The time limits, what is overdue, and how long fixes took. */
export async function readSla({ db, now }: { db: Database; now: () => Date }): Promise<EndpointResult<typeof getSla>> {
  const [settings, counts, times] = await Promise.all([slaSettings(db), slaCounts(db, now(), SOON_DAYS), fixTimes(db)]);
  const by_severity = SEVERITIES.map((severity) => {
    const open = counts.find((row) => row.severity === severity);
    const fixed = times.find((row) => row.severity === severity);
    return {
      severity,
      open_count: open?.open_count ?? 0,
      overdue_count: open?.overdue_count ?? 0,
      due_soon_count: open?.due_soon_count ?? 0,
      fixed_count: fixed?.fixed_count ?? 0,
      median_fix_seconds: fixed?.median_seconds ?? null,
    };
  });
  const counted = times
    .map((row) => row.counted_at.toISOString())
    .toSorted()
    .at(-1);
  return { settings, by_severity, counted_at: counted ?? null };
}
