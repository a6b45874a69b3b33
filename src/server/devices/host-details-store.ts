import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../database/tables.ts";
import type { HostColumns } from "./host-facts.ts";

/** Free space is worth a write when it moved by this much; see {@link hostDetailsUpdate}. */
const DISK_STEP_GIGABYTES = 1;
const DISK_STEP_PERCENT = 1;
/** Uptime and report time are read at different moments: a start time that moves by less is the same start. */
const RESTART_STEP_SECONDS = 300;

export interface HostDetailsChange {
  lasting: HostColumns;
  /** Free disk space. */
  volatile: HostColumns;
  /** null: not reported. */
  uptime_seconds: number | null;
  now: Date;
}

/**
 * Writes a host's facts in one statement, and only when something is worth a write: a lasting fact that differs, a restart, or free
 * space that moved visibly. Facts that move all the time ride along with any write but never cause one, so an idle fleet writes
 * nothing.
 *
 * @returns whether a row was written (false also when the host does not exist)
 */
export async function hostDetailsUpdate(db: Database, hostId: number, change: HostDetailsChange): Promise<boolean> {
  const { lasting, volatile, uptime_seconds: uptime, now } = change;
  const assignments: RawBuilder<unknown>[] = [sql`updated_at = ${now}`, sql`detail_updated_at = ${now}`];
  const conditions: RawBuilder<unknown>[] = [sql`detail_updated_at is null`];
  for (const [column, value] of Object.entries(lasting)) {
    assignments.push(sql`${sql.ref(column)} = ${value}`);
    conditions.push(differs(column, value));
  }
  for (const [column, value] of Object.entries(volatile)) assignments.push(sql`${sql.ref(column)} = ${value}`);
  conditions.push(...diskMoved(volatile));
  if (uptime !== null) {
    const restartedAt = new Date(now.getTime() - uptime * 1000);
    assignments.push(sql`last_restarted_at = ${restartedAt}`, sql`uptime = ${uptime}::bigint * 1000000000`);
    conditions.push(
      sql`last_restarted_at is null`,
      sql`abs(extract(epoch from last_restarted_at - ${restartedAt}::timestamptz)) > ${RESTART_STEP_SECONDS}`,
    );
  }
  const result = await sql`
    update hosts set ${sql.join(assignments)} where id = ${hostId} and (${sql.join(conditions, sql` or `)})`.execute(db);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** A uuid in another case is the same: two agents on one host may spell it differently and would write by turns. */
function differs(column: string, value: string | number | null): RawBuilder<unknown> {
  if (column === "uuid") return sql`lower(uuid) is distinct from ${String(value).toLowerCase()}`;
  return sql`${sql.ref(column)} is distinct from ${value}`;
}

function diskMoved(volatile: HostColumns): RawBuilder<unknown>[] {
  if (volatile["gigs_total_disk_space"] === undefined) return [];
  return [
    sql`gigs_total_disk_space is distinct from ${volatile["gigs_total_disk_space"]}`,
    sql`abs(gigs_disk_space_available - ${volatile["gigs_disk_space_available"]}) >= ${DISK_STEP_GIGABYTES}`,
    sql`abs(percent_disk_space_available - ${volatile["percent_disk_space_available"]}) >= ${DISK_STEP_PERCENT}`,
  ];
}

/** What an incomplete report of the operating system is completed with. */
export async function hostOperatingSystemFacts(db: Database, hostId: number) {
  return db
    .selectFrom("hosts as h")
    .leftJoin("operating_systems as o", "o.id", "h.operating_system_id")
    .where("h.id", "=", hostId)
    .select(["h.platform", "o.arch", "o.kernel_version", "o.name", "o.version"])
    .executeTakeFirst();
}
