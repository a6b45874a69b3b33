import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** Hosts whose last sign of life is before a time. Reads every seen time (0002 says why they have no index): for a job, not for a page. */
export async function hostIdsSilentSince(db: Database, since: Date, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT h.id FROM hosts h LEFT JOIN host_seen_times s ON s.host_id = h.id
    WHERE greatest(s.seen_time, h.last_enrolled_at) < ${since} ORDER BY h.id LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.id);
}
