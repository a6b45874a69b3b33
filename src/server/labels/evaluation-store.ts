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

/** Labels that are being evaluated and are equally far. */
export interface RunningEvaluation {
  label_ids: number[];
  /** Hosts up to this id are done. */
  evaluated_to: number;
}

/** The evaluation that is furthest back; undefined when every label is evaluated. Labels that are equally far go on together. */
export async function evaluationNext(db: Database): Promise<RunningEvaluation | undefined> {
  const { rows } = await sql<RunningEvaluation>`
    SELECT array_agg(id) AS label_ids, evaluated_to FROM labels
    WHERE evaluated_at IS NULL AND label_membership_type = 'host_vitals'
    GROUP BY evaluated_to ORDER BY evaluated_to LIMIT 1`.execute(db);
  return rows[0];
}

/**
 * Takes the labels of an evaluation, in the order of their ids and after the hosts' locks; those that were edited, deleted or brought
 * further by another process meanwhile are left out.
 */
export async function evaluationLockInTx(tx: Database, { label_ids, evaluated_to }: RunningEvaluation): Promise<CriteriaLabel[]> {
  const { rows } = await sql<CriteriaLabel & { current: boolean }>`
    SELECT id, criteria, evaluated_at IS NULL AND evaluated_to = ${evaluated_to} AS current FROM labels
    WHERE id = ANY (${label_ids}::bigint[]) ORDER BY id FOR NO KEY UPDATE`.execute(tx);
  return rows.filter((row) => row.current);
}

/** Moves locked labels' evaluation on; `done`: there was no host left. */
export async function evaluationMove(tx: Database, labelIds: number[], to: number, done: boolean): Promise<void> {
  await sql`
    UPDATE labels SET evaluated_to = ${to}, evaluated_at = CASE WHEN ${done} THEN now() END
    WHERE id = ANY (${labelIds}::bigint[])`.execute(tx);
}
