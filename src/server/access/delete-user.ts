import { recordActivity } from "../activity/record-activity.ts";
import { notFound } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import type { AccessDeps } from "./deps.ts";
import { keepAnAdministrator } from "./keep-an-administrator.ts";
import { administratorLock, userById, userDelete } from "./user-store.ts";

/**
 * Deletes a user and ends all their sessions and tokens.
 *
 * @throws {HttpError} 404; 422 for the last administrator
 */
export async function deleteUser(deps: AccessDeps, id: number, caller: Caller | null): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    await administratorLock(tx);
    const user = await userById(tx, id);
    if (user === null) throw notFound("id", "There is no such user.");
    await keepAnAdministrator(tx, id);
    await userDelete(tx, id);
    const details = { user_id: user.id, user_name: user.name, user_email: user.email };
    await recordActivity(tx, { type: "deleted_user", actor: caller, details });
  });
}
