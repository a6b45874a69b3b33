import type { Caller } from "../http/route.ts";
import type { AccessDeps } from "./deps.ts";
import { sessionTouch, sessionWithUser } from "./session-store.ts";
import { SESSION_LIFETIME_MS } from "./sessions.ts";
import { tokenHash } from "./tokens.ts";

/** A use is noted at most this often: a busy session costs one write a minute. */
const TOUCH_INTERVAL_MS = 60_000;

/**
 * Finds the caller that a token stands for: one indexed query on the primary, and at most once a minute a second one that moves
 * the session's end.
 *
 * @returns null for an unknown, ended or deleted session
 */
export async function authenticateToken({ db, now }: Pick<AccessDeps, "db" | "now">, token: string): Promise<Caller | null> {
  const time = now();
  const row = await sessionWithUser(db, tokenHash(token), time);
  if (row === null) return null;
  const { accessed_at, global_role, ...caller } = row;
  const staleBefore = new Date(time.getTime() - TOUCH_INTERVAL_MS);
  if (accessed_at <= staleBefore) {
    await sessionTouch(db, row.session_id, {
      now: time,
      staleBefore,
      expires_at: new Date(time.getTime() + SESSION_LIFETIME_MS),
    });
  }
  return { ...caller, global_role: global_role === "admin" ? "admin" : null };
}
