import type { ReadonlyDatabase } from "../database/tables.ts";

/** What a list of hosts says about the software version that it is filtered by. */
export async function filteredSoftware(db: ReadonlyDatabase, id: number) {
  return db.selectFrom("software").where("id", "=", id).select(["id", "name", "version", "source"]).executeTakeFirst();
}

/** What a list of hosts says about the software title that it is filtered by. */
export async function filteredTitle(db: ReadonlyDatabase, id: number) {
  return db.selectFrom("software_titles").where("id", "=", id).select(["id", "name", "source"]).executeTakeFirst();
}
