import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { Found } from "./check.ts";
import { wrongRows } from "./look-store.ts";
import type { Look } from "./look.ts";
import { vendorsOf } from "../title-vendor-store.ts";

/** The next titles by id. */
export async function titleIdsAfter(db: Database, after: number, limit: number): Promise<number[]> {
  const rows = await db.selectFrom("software_titles").select("id").where("id", ">", after).orderBy("id").limit(limit).execute();
  return rows.map((row) => row.id);
}

export async function titlesCount(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom("software_titles")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** How much software {@link softwareKeyed} gives in all. */
export async function softwareCount(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom("software")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("superseded_by", "is", null)
    .executeTakeFirstOrThrow();
  return count;
}

/** The next software by id, with what its checksum is made of. What was superseded by a rename keeps the key it was found by. */
export async function softwareKeyed(db: Database, after: number, limit: number) {
  return db
    .selectFrom("software")
    .selectAll()
    .where("id", ">", after)
    .where("superseded_by", "is", null)
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Software whose title does not exist. */
export async function softwareWithoutTitle({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT s.id, 'software ' || s.id || ' (' || s.name || ' ' || s.version || ') is in title ' || s.title_id || ', which does not exist' AS words
      FROM software s WHERE NOT EXISTS (SELECT 1 FROM software_titles t WHERE t.id = s.title_id)`,
  );
}

/** Titles whose stored vendor is not that of the versions which hosts hold, by the stored counts of the same moment. */
export async function titlesWithWrongVendor({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT t.id, 'title ' || t.id || ' (' || t.name || '): its vendor is “' || t.vendor || '”, its versions say “' || v.vendor || '”' AS words
      FROM software_titles t JOIN (${vendorsOf(sql`(SELECT id FROM software_titles)`)}) v ON v.title_id = t.id
      WHERE t.vendor <> v.vendor`,
  );
}

/** Those of this software whose title (still) does not exist. */
export async function softwareUntitled(db: Database, ids: readonly number[]) {
  return db
    .selectFrom("software as s")
    .leftJoin("software_titles as t", "t.id", "s.title_id")
    .selectAll("s")
    .where("s.id", "in", [...ids])
    .where("t.id", "is", null)
    .execute();
}
