import type { Database, ReadonlyDatabase } from "../database/tables.ts";

/** What the labels component works with. */
export interface LabelsDeps {
  db: Database;
  replica: ReadonlyDatabase;
  now: () => Date;
}
