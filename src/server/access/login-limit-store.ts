import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

export interface AttemptCount {
  key: Buffer;
  attempts: number;
  expires_at: Date;
}

/**
 * Counts one more attempt for each key, in one statement, so that attempts at the same moment in several processes all count. A
 * count whose window is over starts anew.
 */
export async function loginLimitTake(
  db: Database,
  keys: readonly Buffer[],
  now: Date,
  expires_at: Date,
): Promise<AttemptCount[]> {
  // always in one order: two statements that take the same keys never wait for each other in a circle
  const values = keys.toSorted((a, b) => a.compare(b)).map((key) => ({ key, attempts: 1, expires_at }));
  return db
    .insertInto("login_limits")
    .values(values)
    .onConflict((conflict) =>
      conflict.column("key").doUpdateSet({
        attempts: sql`CASE WHEN login_limits.expires_at <= ${now} THEN 1 ELSE least(login_limits.attempts, 1000000) + 1 END`,
        expires_at: sql`CASE WHEN login_limits.expires_at <= ${now} THEN excluded.expires_at ELSE login_limits.expires_at END`,
      }),
    )
    .returning(["key", "attempts", "expires_at"])
    .execute();
}

/** Forgets a key's attempts. */
export async function loginLimitDelete(db: Database, key: Buffer): Promise<void> {
  await db.deleteFrom("login_limits").where("key", "=", key).execute();
}

/** Takes one attempt back. */
export async function loginLimitReturn(db: Database, key: Buffer): Promise<void> {
  await db
    .updateTable("login_limits")
    .set((eb) => ({ attempts: eb("attempts", "-", 1) }))
    .where("key", "=", key)
    .where("attempts", ">", 0)
    .execute();
}

/** Removes counts whose window is over, at most `limit`. @returns how many */
export async function expiredLimitsDelete(db: Database, now: Date, limit: number): Promise<number> {
  const expired = db.selectFrom("login_limits").select("key").where("expires_at", "<=", now).limit(limit);
  return Number((await db.deleteFrom("login_limits").where("key", "in", expired).executeTakeFirst()).numDeletedRows);
}
