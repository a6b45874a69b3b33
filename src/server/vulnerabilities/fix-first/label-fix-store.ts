import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import { labelCountedInTx, type LabelCount } from "../labels/label-count-store.ts";

/** A label as counting its updates sees it. */
export interface LabelFixState extends LabelCount {
  /** Its hosts, where they are few; null: more than that. */
  hosts: number[] | null;
}

/** Undefined: there is no such label. */
export async function labelFixState(db: Database, labelId: number, few: number): Promise<LabelFixState | undefined> {
  const { rows } = await sql<Omit<LabelFixState, "hosts"> & { hosts: number[] }>`
    SELECT ARRAY(SELECT m.host_id::integer FROM label_membership m WHERE m.label_id = l.id ORDER BY 1 LIMIT ${few + 1}) AS hosts,
      c.counted_at, coalesce(c.took_ms, 0) AS took_ms
    FROM labels l LEFT JOIN label_fix_counts c ON c.label_id = l.id WHERE l.id = ${labelId}`.execute(db);
  const row = rows[0];
  return row === undefined ? undefined : { ...row, hosts: row.hosts.length > few ? null : row.hosts };
}

/** Updates after `after` by id; with hosts: those of something that one of these hosts holds or runs. */
export async function fixIds(db: Database, after: number, limit: number, hosts: readonly number[] | null): Promise<number[]> {
  const held =
    hosts === null
      ? sql`true`
      : sql`q.id IN (
          SELECT fs.fix_id FROM host_software hs JOIN match_subjects m ON m.software_id = hs.software_id
            JOIN fix_subjects fs ON fs.subject_id = m.id WHERE hs.host_id = ANY (${[...hosts]}::bigint[])
          UNION SELECT fs.fix_id FROM hosts h JOIN match_subjects m ON m.operating_system_id = h.operating_system_id
            JOIN fix_subjects fs ON fs.subject_id = m.id WHERE h.id = ANY (${[...hosts]}::bigint[]))`;
  const { rows } = await sql<{ id: number }>`
    SELECT q.id FROM fix_queue q WHERE q.id > ${after} AND q.hosts_count > 0 AND ${held} ORDER BY q.id LIMIT ${limit}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** What the risk of these vulnerabilities is made of. */
export async function judgementsOf(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, { priority: number; kev: boolean }>> {
  const rows = await db
    .selectFrom("vulnerability_exposures")
    .where("vulnerability_id", "=", sql<number>`ANY (${[...ids]}::integer[])`)
    .select(["vulnerability_id", "priority", "kev"])
    .execute();
  return new Map(rows.map(({ vulnerability_id, priority, kev }) => [vulnerability_id, { priority, kev }]));
}

/** An update as it is for a label's hosts. */
export interface LabelFix {
  fix_id: number;
  risk: number;
  hosts_count: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  priority: number;
}

/** Replaces what is known of a label's updates; those that went meanwhile are left out. One at a time: whoever is second writes over it. */
export async function labelFixesReplaceInTx(
  tx: Database,
  labelId: number,
  fixes: readonly LabelFix[],
  counted: { at: Date; took_ms: number },
): Promise<void> {
  await labelCountedInTx(tx, "label_fix_counts", labelId, counted);
  await tx.deleteFrom("label_fixes").where("label_id", "=", labelId).execute();
  await sql`
    INSERT INTO label_fixes (label_id, fix_id, risk, hosts_count, vulnerabilities_count, known_exploited_count, priority)
    SELECT ${labelId}, q.id, r.risk, r.hosts_count, r.vulnerabilities_count, r.known_exploited_count, r.priority
    FROM json_to_recordset(${JSON.stringify(fixes)}::json) AS r (fix_id integer, risk float8, hosts_count integer,
      vulnerabilities_count integer, known_exploited_count integer, priority real)
    JOIN fix_queue q ON q.id = r.fix_id ORDER BY q.id FOR KEY SHARE OF q`.execute(tx);
}
