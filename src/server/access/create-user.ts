import type { Static } from "typebox";
import { createUser as createUserEndpoint } from "#protocol/rest/access.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { conflict, unprocessable } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import type { AccessDeps } from "./deps.ts";
import { startSession } from "./sessions.ts";
import { userInsert } from "./user-store.ts";
import type { UserRow } from "./user-store.ts";

/**
 * Makes a user: a person with a password, or an API-only user with a token that does not expire.
 *
 * @returns the user; for an API-only user the token, which is not kept anywhere
 * @throws {HttpError} 409 when the e-mail address is taken; 422 for a person without a password and for what does not exist here
 */
export async function createUser(
  deps: AccessDeps,
  input: Static<typeof createUserEndpoint.body>,
  caller: Caller | null,
): Promise<{ user: UserRow; token?: string }> {
  const { name, email, password, api_only = false, global_role = "admin" } = input;
  for (const field of ["sso_enabled", "mfa_enabled"] as const) {
    if (input[field] === true) throw unprocessable(field, "Not available. Leave it out; the user logs in with a password.");
  }
  if (!api_only && password === undefined) throw unprocessable("password", "Required, unless api_only is true.");
  const password_hash = api_only || password === undefined ? null : await deps.passwords.hash(password);
  return deps.db.transaction().execute(async (tx) => {
    const user = await userInsert(tx, { name, email, password_hash, api_only, global_role });
    if (user === null) throw conflict("email", "Another user has this e-mail address.");
    const details = { user_id: user.id, user_name: user.name, user_email: user.email };
    await recordActivity(tx, { type: "created_user", actor: caller, details });
    if (!api_only) return { user };
    return { user, token: await startSession(tx, user.id, deps.now(), { expires: false }) };
  });
}
