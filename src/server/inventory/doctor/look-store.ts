import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import { Findings, FOUND_MAX, SAMPLES_MAX, type Found } from "./check.ts";
import type { Look } from "./look.ts";

/** Links and history lie in this many partitions each, by the hash of the host: a host's rows are in those of one number. */
export const PARTITIONS = 16;

/** For the statements of one look: what they sort or hash beyond this memory goes through files of the database. */
export async function boundMemoryInTx(tx: Database): Promise<void> {
  await sql`SET LOCAL work_mem = '64MB'`.execute(tx);
}

/** Runs a statement that gives (id, words) for each wrong row. */
export async function wrongRows(db: Database, rows: RawBuilder<unknown>): Promise<Found> {
  const found = await sql<{ id: number; words: string; total: number }>`
    SELECT w.id, w.words, count(*) OVER () AS total FROM (${rows}) w ORDER BY 1 LIMIT ${sql.lit(FOUND_MAX)}`.execute(db);
  return {
    count: found.rows[0]?.total ?? 0,
    ids: [...new Set(found.rows.map((row) => row.id))],
    samples: found.rows.slice(0, SAMPLES_MAX).map((row) => row.words),
    left_out: [],
  };
}

/** Runs such a statement on one partition after the other, so that a person sees how far it is and its files stay small. */
export async function wrongRowsByPartition(look: Look, rowsOf: (partition: number) => RawBuilder<unknown>): Promise<Found> {
  const findings = new Findings();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one moment is one connection
    findings.addAll(await wrongRows(look.db, rowsOf(partition)));
    look.progress(partition + 1, PARTITIONS, "partitions");
  }
  return findings.result();
}

export const linksOf = (partition: number): RawBuilder<unknown> => sql.table(`host_software_p${partition}`);
export const historyOf = (partition: number): RawBuilder<unknown> => sql.table(`host_software_history_p${partition}`);
