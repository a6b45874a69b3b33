import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/** Where it is kept when something was counted within a label, and that somebody asked for it. */
export type LabelCountTable = "label_exposure_counts" | "label_fix_counts";

export interface LabelCount {
  counted_at: Date | null;
  took_ms: number;
}

/** Somebody wants the label's counts. */
export async function labelCountAskInTx(tx: Database, table: LabelCountTable, labelId: number): Promise<void> {
  await sql`
    INSERT INTO ${sql.table(table)} (label_id) VALUES (${labelId})
    ON CONFLICT (label_id) DO UPDATE SET asked_at = now()`.execute(tx);
}

/** Labels that were asked for since they were counted, the longest waiting first. */
export async function labelCountsAsked(db: Database, table: LabelCountTable): Promise<(LabelCount & { label_id: number })[]> {
  const { rows } = await sql<LabelCount & { label_id: number }>`
    SELECT label_id::integer AS label_id, counted_at, took_ms FROM ${sql.table(table)}
    WHERE counted_at IS NULL OR asked_at > counted_at ORDER BY asked_at LIMIT 100`.execute(db);
  return rows;
}

/** The label is counted, as of this moment. */
export async function labelCountedInTx(
  tx: Database,
  table: LabelCountTable,
  labelId: number,
  counted: { at: Date; took_ms: number },
): Promise<void> {
  await sql`
    INSERT INTO ${sql.table(table)} (label_id, counted_at, took_ms) VALUES (${labelId}, ${counted.at}, ${counted.took_ms})
    ON CONFLICT (label_id) DO UPDATE SET counted_at = EXCLUDED.counted_at, took_ms = EXCLUDED.took_ms`.execute(tx);
}
