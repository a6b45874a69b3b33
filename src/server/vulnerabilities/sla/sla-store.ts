import { sql } from "kysely";
import type { Severity } from "#domain/vulnerability/model.ts";
import type { Database } from "../../database/tables.ts";

/** What the clock of an exposure is made of. */
export interface ClockRow {
  vulnerability_id: number;
  severity: Severity;
  malware: boolean;
  exploited_since: string | null;
  first_seen: Date;
}

/** Exposures after `after` by vulnerability. */
export async function exposureClocks(db: Database, after: number, limit: number): Promise<ClockRow[]> {
  const { rows } = await sql<ClockRow>`
    SELECT e.vulnerability_id, v.severity, v.malware, v.kev ->> 'date_added' AS exploited_since, e.first_seen
    FROM vulnerability_exposures e JOIN vulnerabilities v ON v.id = e.vulnerability_id
    WHERE e.vulnerability_id > ${after} ORDER BY 1 LIMIT ${limit}`.execute(db);
  return rows;
}

/** Writes when exposures are due, where that differs from what is stored. */
export async function dueTimesWriteInTx(
  tx: Database,
  due: readonly { vulnerability_id: number; due_at: string | null }[],
): Promise<void> {
  await sql`
    UPDATE vulnerability_exposures e SET due_at = r.due_at
    FROM json_to_recordset(${JSON.stringify(due)}::json) AS r (vulnerability_id integer, due_at timestamptz)
    WHERE e.vulnerability_id = r.vulnerability_id AND e.due_at IS DISTINCT FROM r.due_at`.execute(tx);
}

export interface SlaCounts {
  severity: Severity;
  open_count: number;
  overdue_count: number;
  due_soon_count: number;
}

/** What is open, overdue and due within `soonDays` days, by severity. Reads exposures alone. */
export async function slaCounts(db: Database, now: Date, soonDays: number): Promise<SlaCounts[]> {
  const { rows } = await sql<SlaCounts>`
    SELECT severity, count(*)::integer AS open_count, (count(*) FILTER (WHERE due_at < ${now}))::integer AS overdue_count,
      (count(*) FILTER (WHERE due_at >= ${now} AND due_at < ${now}::timestamptz + make_interval(days => ${soonDays})))::integer AS due_soon_count
    FROM vulnerability_exposures WHERE NOT suppressed GROUP BY severity`.execute(db);
  return rows;
}

export async function fixTimes(db: Database) {
  return db.selectFrom("fix_times").selectAll().execute();
}

/**
 * Counts anew how long fixes took: of the links that ended within the last `days` days, those whose software had a finding at that moment, from
 * when the host had both until the link ended. Findings that are closed since count as long as they were open.
 */
export async function fixTimesRebuildInTx(tx: Database, now: Date, days: number): Promise<void> {
  await sql`LOCK TABLE fix_times IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  await tx.deleteFrom("fix_times").execute();
  await sql`
    INSERT INTO fix_times (severity, fixed_count, median_seconds, counted_at)
    SELECT v.severity, count(*)::integer, percentile_cont(0.5) WITHIN GROUP (ORDER BY fixed.seconds), ${now}
    FROM (
      SELECT h.host_id, o.vulnerability_id, min(extract(epoch FROM h.removed_at - greatest(h.installed_at, o.opened_at))) AS seconds
      FROM host_software_history h JOIN (
        SELECT ms.software_id, f.vulnerability_id, f.opened_at, NULL::timestamptz AS closed_at
        FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id WHERE ms.software_id IS NOT NULL
        UNION ALL
        SELECT c.software_id, c.vulnerability_id, c.opened_at, c.closed_at
        FROM closed_findings c WHERE c.reason = 'removed' AND c.software_id IS NOT NULL
          AND c.closed_at >= ${now}::timestamptz - make_interval(days => ${days})
      ) o ON o.software_id = h.software_id
      WHERE h.removed_at >= ${now}::timestamptz - make_interval(days => ${days}) AND h.event IN ('updated', 'removed')
        AND o.opened_at <= h.removed_at AND h.removed_at > h.installed_at
        -- the sweep closes a finding some time after its last host is gone
        AND (o.closed_at IS NULL OR h.removed_at <= o.closed_at)
      GROUP BY 1, 2
    ) fixed JOIN vulnerabilities v ON v.id = fixed.vulnerability_id GROUP BY v.severity`.execute(tx);
}
