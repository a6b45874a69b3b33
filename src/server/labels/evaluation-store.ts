import { sql } from "kysely";
import type { Criteria } from "#domain/labels/criteria.ts";
import type { Database } from "../database/tables.ts";

/** A label with criteria, as an evaluation needs it. */
export interface CriteriaLabel {
  id: number;
  criteria: Criteria;
}

/** Takes the oldest notes of changed hosts, and removes them; notes that another process works on are left to it. */
export async function hostChangesTakeInTx(tx: Database, limit: number): Promise<{ host_id: number; fields: string[] }[]> {
  const { rows } = await sql<{ host_id: number; fields: string[] }>`
    DELETE FROM label_host_changes WHERE id IN (
      SELECT id FROM label_host_changes ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING host_id, fields`.execute(tx);
  return rows;
}

export async function hostChangesPending(db: Database): Promise<boolean> {
  const { rows } = await sql<{ pending: boolean }>`SELECT EXISTS (SELECT FROM label_host_changes) AS pending`.execute(db);
  return rows[0]?.pending ?? false;
}

/**
 * The labels whose criteria mention any of these fields (`*`: all labels with criteria), held against edits until the transaction ends.
 * In the order of their ids, after the hosts' locks.
 */
export async function labelsMentioningInTx(tx: Database, fields: string[]): Promise<CriteriaLabel[]> {
  const { rows } = await sql<CriteriaLabel>`
    SELECT id, criteria FROM labels
    WHERE label_membership_type = 'host_vitals' AND criteria IS NOT NULL
      AND ('*' = ANY (${fields}::text[]) OR criteria_fields && ${fields}::text[])
    ORDER BY id FOR SHARE`.execute(tx);
  return rows;
}

/** Labels whose first evaluation, or the one after an edit, is not complete. */
export async function labelsUnevaluated(db: Database): Promise<number[]> {
  const rows = await db
    .selectFrom("labels")
    .where("evaluated_at", "is", null)
    .where("label_membership_type", "=", "host_vitals")
    .select("id")
    .orderBy("id")
    .execute();
  return rows.map((row) => row.id);
}

/** How far a label's evaluation is; undefined when the label is gone or evaluated. */
export async function labelEvaluatedTo(db: Database, labelId: number): Promise<number | undefined> {
  const row = await db
    .selectFrom("labels")
    .where("id", "=", labelId)
    .where("evaluated_at", "is", null)
    .select("evaluated_to")
    .executeTakeFirst();
  return row?.evaluated_to;
}

/** Moves a locked label's evaluation on; `done`: there was no host left. */
export async function labelEvaluatedMove(tx: Database, labelId: number, to: number, done: boolean): Promise<void> {
  await sql`
    UPDATE labels SET evaluated_to = ${to}, evaluated_at = CASE WHEN ${done} THEN now() END WHERE id = ${labelId}`.execute(tx);
}
