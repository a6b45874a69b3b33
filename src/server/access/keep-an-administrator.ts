import type { Database } from "../database/tables.ts";
import { unprocessable } from "../http/errors.ts";
import { otherAdministratorsCount, userById } from "./user-store.ts";

/**
 * Refuses what would leave nobody to administer: the last administrator stays, and as long as people are administrators, one of them
 * stays (with API-only users alone nobody could log in). Call under {@link administratorLock}, before the change.
 *
 * @throws {HttpError} 422
 */
export async function keepAnAdministrator(tx: Database, id: number): Promise<void> {
  const user = await userById(tx, id);
  if (user === null || user.global_role !== "admin") return;
  const others = await otherAdministratorsCount(tx, id);
  const enough = user.api_only ? others.all > 0 : others.people > 0;
  if (!enough) throw unprocessable("id", "This is the last administrator. Make another user an administrator first.");
}
