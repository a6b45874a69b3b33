import type { Static } from "typebox";
import { login } from "#protocol/rest/access.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { unauthorized } from "../http/errors.ts";
import type { AccessDeps } from "./deps.ts";
import { forgiveAttempt, takeAttempt } from "./limit-logins.ts";
import { actorOf } from "./present-user.ts";
import { startSession } from "./sessions.ts";
import { passwordHashUpdate, userForLogin } from "./user-store.ts";
import type { UserRow } from "./user-store.ts";

/**
 * Checks e-mail and password and starts a session. An unknown account costs the same time and gets the same words as a wrong
 * password: nobody learns who has an account.
 *
 * @param address from where the call comes
 * @returns the user and the token
 * @throws {HttpError} 401; 429 after too many attempts
 */
export async function logIn(
  deps: AccessDeps,
  { email, password }: Static<typeof login.body>,
  address: string,
): Promise<{ user: UserRow; token: string }> {
  const attempt = { account: email, address };
  await takeAttempt(deps, attempt);
  const found = await userForLogin(deps.db, email);
  const stored = found?.password_hash ?? null;
  const isRight = await deps.passwords.verify(password, stored);
  if (found === null || stored === null || !isRight) {
    await recordActivity(deps.db, { type: "user_failed_login", actor: null, details: { email, public_ip: address } });
    throw unauthorized("base", "E-mail or password is wrong.", "Authentication failed");
  }
  const renewed = deps.passwords.isOutdated(stored) ? await deps.passwords.hash(password) : null;
  const { password_hash: _hash, ...user } = found;
  return deps.db.transaction().execute(async (tx) => {
    await forgiveAttempt(tx, attempt);
    if (renewed !== null) await passwordHashUpdate(tx, user.id, renewed);
    const token = await startSession(tx, user.id, deps.now(), { expires: true });
    await recordActivity(tx, { type: "user_logged_in", actor: actorOf(user), details: { public_ip: address } });
    return { user, token };
  });
}
