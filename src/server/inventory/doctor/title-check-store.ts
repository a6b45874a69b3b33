import type { Database } from "../../database/tables.ts";

/** The next titles by id. */
export async function titleIdsAfter(db: Database, after: number, limit: number): Promise<number[]> {
  const rows = await db.selectFrom("software_titles").select("id").where("id", ">", after).orderBy("id").limit(limit).execute();
  return rows.map((row) => row.id);
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
