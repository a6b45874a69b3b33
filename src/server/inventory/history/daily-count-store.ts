import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/**
 * Writes today's count (UTC) of each version whose number of hosts differs from what was written last; of those that nobody holds any
 * more a 0. The counts themselves must be settled. Returns how many were written.
 */
export async function dailyCountsWrite(db: Database, now: Date): Promise<number> {
  const today = now.toISOString().slice(0, 10);
  const result = await sql`
    WITH last AS (
      SELECT DISTINCT ON (software_id) software_id, hosts_count FROM software_daily_counts ORDER BY software_id, day DESC
    )
    INSERT INTO software_daily_counts (software_id, day, hosts_count)
    SELECT coalesce(c.software_id, l.software_id), ${today}::date, coalesce(c.hosts_count, 0)
    FROM last l FULL JOIN software_counts c ON c.software_id = l.software_id
    WHERE coalesce(c.hosts_count, 0) <> coalesce(l.hosts_count, 0)
    ON CONFLICT (software_id, day) DO UPDATE SET hosts_count = EXCLUDED.hosts_count`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

/** Deletes the counts of days before the horizon, but for the last one of each version, which holds on; and those of software that is gone. */
export async function dailyCountsExpire(db: Database, horizon: Date): Promise<void> {
  const day = horizon.toISOString().slice(0, 10);
  await sql`
    DELETE FROM software_daily_counts d WHERE d.day < ${day}::date AND (d.hosts_count = 0 OR EXISTS (
      SELECT 1 FROM software_daily_counts n WHERE n.software_id = d.software_id AND n.day > d.day AND n.day <= ${day}::date))`.execute(
    db,
  );
  await sql`
    DELETE FROM software_daily_counts d WHERE NOT EXISTS (SELECT 1 FROM software s WHERE s.id = d.software_id)`.execute(db);
}

export interface DailyCount {
  software_id: number;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  hosts_count: number;
}

/** What was written of a title's versions from `from` on, and before it the last of each. */
export async function titleDailyCounts(db: Database, titleId: number, from: Date): Promise<DailyCount[]> {
  const day = from.toISOString().slice(0, 10);
  const { rows } = await sql<DailyCount>`
    SELECT s.id AS software_id, to_char(d.day, 'YYYY-MM-DD') AS day, d.hosts_count
    FROM software s CROSS JOIN LATERAL (
      SELECT day, hosts_count FROM software_daily_counts WHERE software_id = s.id AND day >= coalesce(
        (SELECT max(day) FROM software_daily_counts WHERE software_id = s.id AND day <= ${day}::date), ${day}::date)
    ) d WHERE s.title_id = ${titleId} ORDER BY d.day, s.id`.execute(db);
  return rows;
}

/** The versions of a title, with the number of hosts that hold them now. */
export async function titleVersionCounts(db: Database, titleId: number) {
  return db
    .selectFrom("software as s")
    .leftJoin("software_counts as c", "c.software_id", "s.id")
    .select((eb) => ["s.id", "s.version", "s.release", eb.fn.coalesce("c.hosts_count", eb.lit(0)).as("hosts_count")])
    .where("s.title_id", "=", titleId)
    .execute();
}

/** The first day (`YYYY-MM-DD`) on which any version of a title was counted. */
export async function titleCountedSince(db: Database, titleId: number): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`
    SELECT to_char(min(d.day), 'YYYY-MM-DD') AS day FROM software s CROSS JOIN LATERAL (
      SELECT min(day) AS day FROM software_daily_counts WHERE software_id = s.id
    ) d WHERE s.title_id = ${titleId}`.execute(db);
  return rows[0]?.day ?? null;
}
