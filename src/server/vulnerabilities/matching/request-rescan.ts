import type { Database } from "#server/database/tables.ts";
import { rescanById, rescanRequest, type Rescan } from "./rescan-store.ts";

/** Asks for every subject to be matched again, in the background. Returns the id to ask {@link readRescan} by. */
export async function requestRescan(db: Database): Promise<number> {
  return await rescanRequest(db);
}

/** How far a rescan is; null when there is none of that id. */
export async function readRescan(db: Database, id: number): Promise<Rescan | null> {
  return await rescanById(db, id);
}
