import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Database, EnrollSecretsTable } from "../database/tables.ts";

/** Locks out other changes of the secrets, until the transaction ends. */
export async function enrollSecretLock(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('muster.enroll_secrets'))`.execute(tx);
}

/** All of them, oldest first; their number is bounded where they are written. */
export async function enrollSecretList(db: Database): Promise<Selectable<EnrollSecretsTable>[]> {
  return db.selectFrom("enroll_secrets").selectAll().orderBy("created_at").orderBy("secret").execute();
}

/** Adds those that are missing; those that exist keep their time. */
export async function enrollSecretInsert(db: Database, secrets: readonly string[], now: Date): Promise<void> {
  const query = db.insertInto("enroll_secrets").values(secrets.map((secret) => ({ secret, created_at: now })));
  await query.onConflict((conflict) => conflict.column("secret").doNothing()).execute();
}

export async function otherEnrollSecretsDelete(db: Database, kept: readonly string[]): Promise<void> {
  await db.deleteFrom("enroll_secrets").where("secret", "not in", kept).execute();
}
