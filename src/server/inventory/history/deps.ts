import type { Database } from "../../database/tables.ts";

export interface HistoryDeps {
  db: Database;
  now: () => Date;
}
