import type { Static } from "typebox";
import { setup } from "#protocol/rest/access.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { conflict, forbidden } from "../http/errors.ts";
import type { AccessDeps } from "./deps.ts";
import { forgiveAttempt, takeAttempt } from "./limit-logins.ts";
import { actorOf } from "./present-user.ts";
import { startSession } from "./sessions.ts";
import { setupCodesDelete, setupCodesLock, setupCodesRead } from "./setup-code-store.ts";
import { isSetupCode } from "./setup-code.ts";
import { personExists, userInsert } from "./user-store.ts";
import type { UserRow } from "./user-store.ts";

/**
 * Makes the first administrator and logs them in. The code is consumed in the transaction that makes the user: of two set-ups at
 * once, one finds the code gone.
 *
 * @param address from where the call comes
 * @throws {HttpError} 403 for a wrong or used code; 409 when the e-mail address is taken; 429 after too many attempts
 */
export async function setUp(
  deps: AccessDeps,
  { setup_code, name, email, password }: Static<typeof setup.body>,
  address: string,
): Promise<{ user: UserRow; token: string }> {
  const attempt = { account: null, address };
  await takeAttempt(deps, attempt);
  // before the expensive hash: only who holds the code may make the server work
  if (!isSetupCode(await setupCodesRead(deps.db), setup_code, deps.now())) throw await refusal(deps);
  const password_hash = await deps.passwords.hash(password);
  return deps.db.transaction().execute(async (tx) => {
    const codes = await setupCodesLock(tx);
    if (!isSetupCode(codes, setup_code, deps.now()) || (await personExists(tx))) throw await refusal({ ...deps, db: tx });
    const user = await userInsert(tx, { name, email, password_hash, global_role: "admin" });
    if (user === null) throw conflict("email", "An API-only user has this e-mail address. Take another.");
    await setupCodesDelete(tx);
    await forgiveAttempt(tx, attempt);
    const token = await startSession(tx, user.id, deps.now(), { expires: true });
    const details = { user_id: user.id, user_name: user.name, user_email: user.email };
    await recordActivity(tx, { type: "created_user", actor: actorOf(user), details });
    await recordActivity(tx, { type: "user_logged_in", actor: actorOf(user), details: { public_ip: address } });
    return { user, token };
  });
}

async function refusal({ db }: Pick<AccessDeps, "db">) {
  return (await personExists(db))
    ? forbidden("base", "Set-up is done. Log in instead.")
    : forbidden("setup_code", "The set-up code is wrong or too old. Restart the server and open the link that it prints.");
}
