import type { Database } from "#server/database/tables.ts";
import { identitiesForget } from "./subject-store.ts";

/**
 * Has subjects identified and matched again, in the background within seconds: after a correction, or when the names that vulnerabilities
 * use changed. Returns how many.
 */
export async function reresolve(
  db: Database,
  which: { software_ids?: number[]; title_ids?: number[]; unidentified?: true },
): Promise<number> {
  return await identitiesForget(db, which);
}
