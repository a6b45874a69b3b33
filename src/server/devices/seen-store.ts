import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** A host's latest sign of life. */
export interface SeenRow {
  host_id: number;
  seen_at: Date;
  /** Its last accepted report, of whichever agent; null when none came with it. */
  reported_at: Date | null;
}

/** An agent's last accepted report. */
export interface ReportRow {
  host_id: number;
  agent: string;
  reported_at: Date;
}

/**
 * Moves many hosts' times forward in one statement; never back, so that processes with slow queues or clocks do no harm. Rows are locked
 * in the order of their ids: two processes that flush the same hosts wait for each other, never crosswise. Hosts deleted meanwhile
 * are left out.
 */
export async function seenTimesForward(db: Database, rows: SeenRow[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => a.host_id - b.host_id);
  await sql`
    with seen as (
      select * from unnest(
        ${sorted.map((r) => r.host_id)}::bigint[], ${sorted.map((r) => r.seen_at)}::timestamptz[],
        ${sorted.map((r) => r.reported_at)}::timestamptz[]
      ) as s (host_id, seen_time, reported_at)
    ), locked as materialized (
      select t.host_id from host_seen_times t join seen using (host_id)
      where t.seen_time < seen.seen_time or seen.reported_at > coalesce(t.reported_at, '-infinity')
      order by t.host_id for no key update of t
    )
    update host_seen_times t
    set seen_time = greatest(t.seen_time, seen.seen_time), reported_at = greatest(t.reported_at, seen.reported_at)
    from seen join locked using (host_id)
    where t.host_id = seen.host_id`.execute(db);
}

/** Moves agents' report times forward in one statement; never back. Rows are locked in one order, as those of {@link seenTimesForward}. */
export async function reportTimesForward(db: Database, rows: ReportRow[]): Promise<void> {
  await sql`
    with reported as (
      select * from unnest(
        ${rows.map((r) => r.host_id)}::bigint[], ${rows.map((r) => r.agent)}::text[],
        ${rows.map((r) => r.reported_at)}::timestamptz[]
      ) as r (host_id, agent, reported_at)
    ), locked as materialized (
      select e.id, r.reported_at from host_enrollments e join reported r on e.host_id = r.host_id and e.agent = r.agent
      where r.reported_at > coalesce(e.reported_at, '-infinity')
      order by e.host_id, e.id for no key update of e
    )
    update host_enrollments e set reported_at = greatest(e.reported_at, l.reported_at) from locked l where e.id = l.id`.execute(
    db,
  );
}
