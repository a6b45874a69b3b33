import type { Database } from "../database/tables.ts";
import { sessionInsert } from "./session-store.ts";
import { newToken, tokenHash } from "./tokens.ts";

/** A session ends this long after its last use. */
export const SESSION_LIFETIME_MS = 5 * 24 * 3600 * 1000;

/** Starts a session; `expires` false for API tokens. The token is returned here once: only its hash is kept. */
export async function startSession(db: Database, user_id: number, now: Date, { expires }: { expires: boolean }): Promise<string> {
  const token = newToken();
  const expires_at = expires ? new Date(now.getTime() + SESSION_LIFETIME_MS) : null;
  await sessionInsert(db, { user_id, token_hash: tokenHash(token), now, expires_at });
  return token;
}
