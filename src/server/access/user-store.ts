import { sql } from "kysely";
import type { Insertable, Selectable, Updateable } from "kysely";
import { containsPattern } from "../database/like-pattern.ts";
import type { Database, UsersTable } from "../database/tables.ts";
import { applyKeyset } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";

/** A user without the password hash. */
export type UserRow = Omit<Selectable<UsersTable>, "password_hash">;

const COLUMNS = ["id", "name", "email", "global_role", "api_only", "created_at", "updated_at"] as const;

/** Locks out concurrent changes of who is an administrator, until the transaction ends. */
export async function administratorLock(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('muster.administrators'))`.execute(tx);
}

/** Administrators besides this user: those of flesh and blood, and all. */
export async function otherAdministratorsCount(tx: Database, id: number): Promise<{ people: number; all: number }> {
  return tx
    .selectFrom("users")
    .select([sql<number>`count(*) FILTER (WHERE NOT api_only)`.as("people"), sql<number>`count(*)`.as("all")])
    .where("global_role", "=", "admin")
    .where("id", "!=", id)
    .executeTakeFirstOrThrow();
}

/** Does anyone exist who can log in with a password? API-only users (MUSTER_ADMIN_TOKEN) do not end the set-up. */
export async function personExists(db: Database): Promise<boolean> {
  const row = await db.selectFrom("users").select("id").where("api_only", "=", false).limit(1).executeTakeFirst();
  return row !== undefined;
}

export async function userById(db: Database, id: number): Promise<UserRow | null> {
  return (await db.selectFrom("users").select(COLUMNS).where("id", "=", id).executeTakeFirst()) ?? null;
}

/** The one place that reads password hashes, with {@link passwordHashById}. */
export async function userForLogin(db: Database, email: string): Promise<(UserRow & { password_hash: string | null }) | null> {
  const query = db.selectFrom("users").select([...COLUMNS, "password_hash"]);
  return (await query.where(sql`lower(email)`, "=", sql`lower(${email})`).executeTakeFirst()) ?? null;
}

export async function passwordHashById(db: Database, id: number): Promise<string | null> {
  const row = await db.selectFrom("users").select("password_hash").where("id", "=", id).executeTakeFirst();
  return row?.password_hash ?? null;
}

export async function userList(db: Database, search: string | undefined, page: Page) {
  let query = db.selectFrom("users").select(COLUMNS);
  if (search !== undefined && search !== "") {
    const pattern = containsPattern(search);
    query = query.where((eb) => eb.or([eb("name", "ilike", pattern), eb("email", "ilike", pattern)]));
  }
  return applyKeyset(query, sql.ref(`users.${page.orderKey}`), sql.ref("users.id"), page, { nullable: false }).execute();
}

/** Null when another user has this e-mail address. */
export async function userInsert(db: Database, user: Insertable<UsersTable>): Promise<UserRow | null> {
  const query = db.insertInto("users").values(user).returning(COLUMNS);
  return (await query.onConflict((c) => c.expression(sql`lower(email)`).doNothing()).executeTakeFirst()) ?? null;
}

/** The API-only user of this address, made when missing. */
export async function apiUserUpsert(db: Database, user: { name: string; email: string }): Promise<number> {
  const row = await db
    .insertInto("users")
    .values({ ...user, api_only: true, global_role: "admin", password_hash: null })
    .onConflict((c) => c.expression(sql`lower(email)`).doUpdateSet({ api_only: true, global_role: "admin", password_hash: null }))
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

/**
 * Null when there is no such user (any more).
 *
 * @throws a database error of code 23505 when another user has the new e-mail address
 */
export async function userUpdate(db: Database, id: number, changes: Updateable<UsersTable>): Promise<UserRow | null> {
  const query = db.updateTable("users").set(changes).where("id", "=", id).returning(COLUMNS);
  return (await query.executeTakeFirst()) ?? null;
}

export async function passwordHashUpdate(db: Database, id: number, password_hash: string): Promise<void> {
  await db.updateTable("users").set({ password_hash }).where("id", "=", id).execute();
}

/** Deletes the user and, by the foreign key, all their sessions. */
export async function userDelete(db: Database, id: number): Promise<void> {
  await db.deleteFrom("users").where("id", "=", id).execute();
}
