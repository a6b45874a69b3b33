import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Database, SessionsTable } from "../database/tables.ts";

/** A session as it may be shown: without the token's hash. */
export type SessionRow = Pick<Selectable<SessionsTable>, "id" | "user_id" | "created_at" | "accessed_at">;

const COLUMNS = ["id", "user_id", "created_at", "accessed_at"] as const;
const LIST_MAX = 1000;

export interface NewSession {
  user_id: number;
  token_hash: Buffer;
  now: Date;
  /** Null: never. */
  expires_at: Date | null;
}

/** @returns the session's id */
export async function sessionInsert(db: Database, { now, ...session }: NewSession): Promise<number> {
  const values = { ...session, created_at: now, accessed_at: now };
  return (await db.insertInto("sessions").values(values).returning("id").executeTakeFirstOrThrow()).id;
}

/** The session with this token, given to this user if another had it; its other fields stay. */
export async function sessionEnsure(db: Database, { now, ...session }: NewSession): Promise<void> {
  const { user_id, expires_at } = session;
  await db
    .insertInto("sessions")
    .values({ ...session, created_at: now, accessed_at: now })
    .onConflict((conflict) => conflict.column("token_hash").doUpdateSet({ user_id, expires_at }))
    .execute();
}

/** The session and its user by the token's hash: one read of two unique indexes. */
export async function sessionWithUser(db: Database, token_hash: Buffer, now: Date) {
  const row = await db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .select(["s.id as session_id", "s.accessed_at", "u.id as user_id", "u.name", "u.email", "u.api_only", "u.global_role"])
    .where("s.token_hash", "=", token_hash)
    .where((eb) => eb.or([eb("s.expires_at", "is", null), eb("s.expires_at", ">", now)]))
    .executeTakeFirst();
  return row ?? null;
}

/** Notes a use of the session and moves its end, unless that was done since `staleBefore`. Sessions without an end keep none. */
export async function sessionTouch(db: Database, id: number, times: { now: Date; staleBefore: Date; expires_at: Date }) {
  await db
    .updateTable("sessions")
    .set({
      accessed_at: times.now,
      expires_at: sql<Date | null>`CASE WHEN expires_at IS NULL THEN NULL ELSE ${times.expires_at}::timestamptz END`,
    })
    .where("id", "=", id)
    .where("accessed_at", "<=", times.staleBefore)
    .execute();
}

export async function sessionById(db: Database, id: number, now: Date): Promise<SessionRow | null> {
  const query = db.selectFrom("sessions").select(COLUMNS).where("id", "=", id);
  const alive = query.where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]));
  return (await alive.executeTakeFirst()) ?? null;
}

/** The most recently used first, at most 1,000. */
export async function sessionList(db: Database, user_id: number, now: Date): Promise<SessionRow[]> {
  const query = db.selectFrom("sessions").select(COLUMNS).where("user_id", "=", user_id);
  const alive = query.where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]));
  return alive.orderBy("accessed_at", "desc").orderBy("id", "desc").limit(LIST_MAX).execute();
}

/** @returns whether there was one */
export async function sessionDelete(db: Database, id: number): Promise<boolean> {
  return (await db.deleteFrom("sessions").where("id", "=", id).executeTakeFirst()).numDeletedRows > 0n;
}

/** Ends all of a user's sessions but one. */
export async function userSessionsDelete(db: Database, user_id: number, except: number | null = null): Promise<void> {
  const query = db.deleteFrom("sessions").where("user_id", "=", user_id);
  await (except === null ? query : query.where("id", "!=", except)).execute();
}

/** Ends all of a user's sessions that have another token. */
export async function otherTokensDelete(db: Database, user_id: number, token_hash: Buffer): Promise<void> {
  await db.deleteFrom("sessions").where("user_id", "=", user_id).where("token_hash", "!=", token_hash).execute();
}

/** Removes sessions that ended, at most `limit`. @returns how many */
export async function expiredSessionsDelete(db: Database, now: Date, limit: number): Promise<number> {
  const expired = db.selectFrom("sessions").select("id").where("expires_at", "<=", now).limit(limit);
  return Number((await db.deleteFrom("sessions").where("id", "in", expired).executeTakeFirst()).numDeletedRows);
}
