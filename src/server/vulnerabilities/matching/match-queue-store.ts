import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

export interface MatchKey {
  ecosystem: string;
  package: string;
}

/**
 * Takes keys whose ranges changed, the oldest first. Deleted in the transaction that matches by them: a feed that puts one of them back
 * meanwhile waits for that to end, so no change is missed.
 */
export async function matchKeysTakeInTx(tx: Database, limit: number): Promise<MatchKey[]> {
  const { rows } = await sql<MatchKey>`
    DELETE FROM match_queue q USING (
      SELECT ecosystem, package FROM match_queue ORDER BY queued_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) t WHERE q.ecosystem = t.ecosystem AND q.package = t.package
    RETURNING q.ecosystem, q.package`.execute(tx);
  return rows;
}

/** Forgets queued keys that no subject is looked up by: most of a feed's. Returns how many. */
export async function matchKeysDropUnusedInTx(tx: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    WITH dropped AS (
      DELETE FROM match_queue q USING (SELECT ecosystem, package FROM match_queue FOR UPDATE SKIP LOCKED) t
      WHERE q.ecosystem = t.ecosystem AND q.package = t.package
        AND NOT EXISTS (SELECT FROM subject_keys k WHERE k.ecosystem = q.ecosystem AND k.package = q.package)
      RETURNING 1
    ) SELECT count(*)::integer AS n FROM dropped`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** What there is to do, in one look. */
export interface Waiting {
  changes: boolean;
  unmatched: boolean;
  keys: boolean;
  merges: boolean;
  exposures: boolean;
  rescan: boolean;
  ledger: boolean;
}

export async function waitingWork(db: Database): Promise<Waiting> {
  const { rows } = await sql<Waiting>`
    SELECT EXISTS (SELECT FROM subject_changes) AS changes,
      EXISTS (SELECT FROM match_subjects WHERE matched_at IS NULL) AS unmatched,
      EXISTS (SELECT FROM match_queue) AS keys, EXISTS (SELECT FROM merge_queue) AS merges,
      EXISTS (SELECT FROM exposure_queue) AS exposures,
      EXISTS (SELECT FROM match_rescans WHERE finished_at IS NULL) AS rescan,
      EXISTS (SELECT FROM software_count_changes) AS ledger`.execute(db);
  const row = rows[0];
  if (row === undefined) throw new Error("a SELECT without FROM has a row");
  return row;
}
