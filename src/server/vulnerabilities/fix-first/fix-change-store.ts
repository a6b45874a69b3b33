import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/**
 * Notes vulnerabilities that moved: the updates that clear them are to be counted anew.
 *
 * @param moved `judgement`: severity, prediction or exploitation alone, for which no link is read
 */
export async function fixesQueueInTx(
  tx: Database,
  vulnerabilityIds: readonly number[],
  moved: "findings" | "judgement" = "findings",
): Promise<void> {
  if (vulnerabilityIds.length === 0) return;
  await sql`
    INSERT INTO fix_queue_changes (vulnerability_id, hosts)
    SELECT unnest(${[...vulnerabilityIds]}::integer[]), ${moved === "findings"}`.execute(tx);
}

/** Notes every vulnerability that an update could clear or is said to clear. */
export async function fixesQueueAllInTx(tx: Database): Promise<void> {
  await sql`
    INSERT INTO fix_queue_changes (vulnerability_id)
    SELECT vulnerability_id FROM vulnerability_exposures UNION SELECT vulnerability_id FROM fix_findings ORDER BY 1`.execute(tx);
}

/** Vulnerabilities that were noted. */
export interface FixChanges {
  /** Whose findings or hosts moved. */
  findings: number[];
  /** Of which the judgement alone did. */
  judgement: number[];
}

/**
 * Takes vulnerabilities that were noted, the oldest first. What is noted again from now on stays noted.
 *
 * @param limit of notes, not of vulnerabilities
 * @returns null: nothing waits
 */
export async function fixChangesTakeInTx(tx: Database, limit: number): Promise<FixChanges | null> {
  const { rows } = await sql<{ vulnerability_id: number; hosts: boolean }>`
    DELETE FROM fix_queue_changes WHERE id IN (SELECT id FROM fix_queue_changes ORDER BY id LIMIT ${limit})
    RETURNING vulnerability_id, hosts`.execute(tx);
  if (rows.length === 0) return null;
  const findings = new Set(rows.filter(({ hosts }) => hosts).map((row) => row.vulnerability_id));
  const judgement = new Set(rows.map((row) => row.vulnerability_id).filter((id) => !findings.has(id)));
  return { findings: sorted(findings), judgement: sorted(judgement) };
}

function sorted(ids: ReadonlySet<number>): number[] {
  return [...ids].toSorted((a, b) => a - b);
}

/** The moment of the catalogue: it moves when software changes its title. */
export async function titleEpoch(db: Database): Promise<number> {
  return (await db.selectFrom("catalogue_state").select("title_epoch").executeTakeFirstOrThrow()).title_epoch;
}

/** Notes the vulnerabilities of updates of a title whose software is in another title now. */
export async function movedTitlesQueueInTx(tx: Database): Promise<void> {
  await sql`
    INSERT INTO fix_queue_changes (vulnerability_id)
    SELECT DISTINCT ff.vulnerability_id FROM fix_queue q JOIN fix_findings ff ON ff.fix_id = q.id
      CROSS JOIN LATERAL unnest(ff.subjects) AS u (subject_id)
      JOIN match_subjects ms ON ms.id = u.subject_id JOIN software s ON s.id = ms.software_id
    WHERE q.software_title_id IS NOT NULL AND s.title_id <> q.software_title_id ORDER BY 1`.execute(tx);
}

/** Has updates of titles that were renamed counted anew. */
export async function renamedFixesMarkInTx(tx: Database): Promise<void> {
  await sql`
    UPDATE fix_queue q SET stale = true, queued_at = now() FROM software_titles t
    WHERE t.id = q.software_title_id AND NOT q.stale AND q.name <> t.name`.execute(tx);
}

/** Any constant; held by whoever writes the queue of updates, until the transaction ends. */
const FIX_LOCK = 7_305;

export async function fixTurnInTx(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${FIX_LOCK})`.execute(tx);
}
