import type { Static } from "typebox";
import { updateUser as updateUserEndpoint } from "#protocol/rest/access.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { conflict, notFound, unprocessable } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import type { AccessDeps } from "./deps.ts";
import { keepAnAdministrator } from "./keep-an-administrator.ts";
import { forgiveAttempt, takeAttempt } from "./limit-logins.ts";
import { userSessionsDelete } from "./session-store.ts";
import { administratorLock, passwordHashById, userById, userUpdate } from "./user-store.ts";
import type { UserRow } from "./user-store.ts";

type Changes = Static<typeof updateUserEndpoint.body>;

/**
 * Changes a user. Whoever changes their own password proves that they know the present one: a session left open is not enough. A
 * new password ends all of the user's sessions except the one that makes the call.
 *
 * @throws {HttpError} 404; 409 when the e-mail address is taken; 422 for the last administrator,
 *   a wrong present password and a password of an API-only user; 429 after too many wrong passwords
 */
export async function updateUser(
  deps: AccessDeps,
  id: number,
  { name, email, global_role, new_password, password }: Changes,
  call: { caller: Caller | null; address: string },
): Promise<UserRow> {
  const present = await userById(deps.db, id);
  if (present === null) throw notFound("id", "There is no such user.");
  const isOwn = call.caller?.user_id === id;
  if (new_password !== undefined) await mayChangePassword(deps, present, isOwn, password, call.address);
  const password_hash = new_password === undefined ? undefined : await deps.passwords.hash(new_password);
  return deps.db.transaction().execute(async (tx) => {
    await administratorLock(tx);
    if (global_role === null) await keepAnAdministrator(tx, id);
    const changes = { name, email, global_role, password_hash, updated_at: deps.now() };
    const user = await userUpdate(tx, id, changes).catch((error: unknown) => {
      throw isDuplicate(error) ? conflict("email", "Another user has this e-mail address.") : error;
    });
    if (user === null) throw notFound("id", "There is no such user (any more).");
    if (password_hash !== undefined) await userSessionsDelete(tx, id, isOwn ? (call.caller?.session_id ?? null) : null);
    const details = { user_id: user.id, user_name: user.name, user_email: user.email };
    await recordActivity(tx, { type: "edited_user", actor: call.caller, details });
    return user;
  });
}

async function mayChangePassword(
  deps: AccessDeps,
  user: UserRow,
  isOwn: boolean,
  password: string | undefined,
  address: string,
): Promise<void> {
  if (user.api_only) throw unprocessable("new_password", "An API-only user has no password. Create a new one for a new token.");
  if (!isOwn) return;
  if (password === undefined) throw unprocessable("password", "Required to change one's own password: the present one.");
  const attempt = { account: user.email, address };
  await takeAttempt(deps, attempt);
  const isRight = await deps.passwords.verify(password, await passwordHashById(deps.db, user.id));
  if (!isRight) throw unprocessable("password", "Not the present password.");
  await forgiveAttempt(deps.db, attempt);
}

function isDuplicate(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "23505";
}
