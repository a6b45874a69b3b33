import type { Database } from "#server/database/tables.ts";
import type { Insertable } from "kysely";
import type { ActivitiesTable } from "#server/database/tables.ts";

/** Appends to the audit trail. */
export async function activityInsert(db: Database, activity: Insertable<ActivitiesTable>): Promise<void> {
  await db.insertInto("activities").values(activity).execute();
}
