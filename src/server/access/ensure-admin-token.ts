import type { AccessDeps } from "./deps.ts";
import { otherTokensDelete, sessionEnsure, userSessionsDelete } from "./session-store.ts";
import { tokenHash } from "./tokens.ts";
import { administratorLock, apiUserUpsert, userForLogin } from "./user-store.ts";

/** The API-only user whose token is MUSTER_ADMIN_TOKEN. The domain is reserved: nobody receives mail there. */
const ADMIN_TOKEN_USER = { name: "MUSTER_ADMIN_TOKEN", email: "admin-token@muster.invalid" };

/**
 * Makes `token` an API token of a global administrator that does not expire; any earlier one ends. Null (the variable was removed)
 * ends the earlier one and makes nothing. Safe when several processes start at once with the same value.
 */
export async function ensureAdminToken({ db, now }: Pick<AccessDeps, "db" | "now">, token: string | null): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await administratorLock(tx);
    if (token === null) {
      const user = await userForLogin(tx, ADMIN_TOKEN_USER.email);
      if (user !== null) await userSessionsDelete(tx, user.id);
      return;
    }
    const user_id = await apiUserUpsert(tx, ADMIN_TOKEN_USER);
    const token_hash = tokenHash(token);
    await otherTokensDelete(tx, user_id, token_hash);
    await sessionEnsure(tx, { user_id, token_hash, now: now(), expires_at: null });
  });
}
