import { type Insertable, type Selectable, sql } from "kysely";
import { IDENTITY_FIELDS, type SoftwareIdentity } from "#domain/software/software.ts";
import type { Database } from "../../database/tables.ts";
import type { ProductCorrectionsTable } from "../../database/vulnerability-tables.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export type CorrectionRow = Selectable<ProductCorrectionsTable>;

export type CorrectedSoftware = SoftwareIdentity & { id: number; title_id: number };

/** Software by id; empty when it does not exist. */
export async function softwareById(db: Database, id: number): Promise<CorrectedSoftware[]> {
  return db
    .selectFrom("software")
    .select(["id", "title_id", ...IDENTITY_FIELDS])
    .where("id", "=", id)
    .execute();
}

export async function softwareByTitle(db: Database, titleId: number, limit: number): Promise<CorrectedSoftware[]> {
  return db
    .selectFrom("software")
    .select(["id", "title_id", ...IDENTITY_FIELDS])
    .where("title_id", "=", titleId)
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Software whose name has this text in it, by the index of names; whoever asks applies the whole pattern. */
export async function softwareByText(
  db: Database,
  text: string,
  source: string | undefined,
  limit: number,
): Promise<CorrectedSoftware[]> {
  let query = db
    .selectFrom("software")
    .select(["id", "title_id", ...IDENTITY_FIELDS])
    .where(sql<boolean>`lower(name || ' ' || version) LIKE ${containsPattern(text)}`);
  if (source !== undefined) query = query.where("source", "=", source);
  return query.orderBy("id").limit(limit).execute();
}

/** Hosts that hold any of this software; those that are being deleted are not counted. */
export async function hostsHolding(db: Database, softwareIds: number[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT hs.host_id)::integer AS count FROM host_software hs WHERE hs.software_id = ANY (${softwareIds}::bigint[])
      AND NOT EXISTS (SELECT 1 FROM host_deletions d WHERE d.host_id = hs.host_id)`.execute(db);
  return rows[0]?.count ?? 0;
}

export async function subjectIdsOf(db: Database, softwareIds: number[], limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("match_subjects")
    .select("id")
    .where("software_id", "in", softwareIds)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Vulnerabilities found on these subjects now. */
export async function findingsOf(db: Database, subjectIds: number[]): Promise<{ subject_id: number; cve: string }[]> {
  return db
    .selectFrom("findings as f")
    .innerJoin("vulnerabilities as v", "v.id", "f.vulnerability_id")
    .select(["f.subject_id", "v.cve"])
    .where("f.subject_id", "in", subjectIds)
    .execute();
}

export async function correctionInsertInTx(tx: Database, values: Insertable<ProductCorrectionsTable>): Promise<CorrectionRow> {
  return tx.insertInto("product_corrections").values(values).returningAll().executeTakeFirstOrThrow();
}

export async function correctionLockInTx(tx: Database, id: number): Promise<CorrectionRow | undefined> {
  return tx.selectFrom("product_corrections").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export async function correctionUndoInTx(tx: Database, id: number, at: Date, by: string | null): Promise<CorrectionRow> {
  return tx
    .updateTable("product_corrections")
    .set({ undone_at: at, undone_by: by })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function correctionList(db: Database, search: string | undefined, page: Page<"id">) {
  let query = db.selectFrom("product_corrections as c").selectAll();
  if (search !== undefined)
    query = query.where(sql<boolean>`lower(c.software_name) LIKE ${containsPattern(search.toLowerCase())}`);
  return applyKeyset(query, sql.ref("c.id"), sql.ref("c.id"), page, { nullable: false }).execute();
}

export async function correctionCount(db: Database, search: string | undefined): Promise<number> {
  let query = db.selectFrom("product_corrections as c").select(sql<number>`count(*)::integer`.as("count"));
  if (search !== undefined)
    query = query.where(sql<boolean>`lower(c.software_name) LIKE ${containsPattern(search.toLowerCase())}`);
  return (await query.executeTakeFirstOrThrow()).count;
}
