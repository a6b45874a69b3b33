import type { Insertable, Selectable, Updateable } from "kysely";
import { sql } from "kysely";
import type { Database, Tables } from "../../database/tables.ts";

type RulesTable = Tables["notification_rules"];
/** Never with the secret: only whether there is one. */
export type RuleRow = Omit<Selectable<RulesTable>, "signing_secret"> & { signed: boolean };

function rules(db: Database) {
  return db
    .selectFrom("notification_rules")
    .select(["id", "name", "enabled", "conditions", "channel", "url", "payload", "allow_private_addresses", "recipients"])
    .select([
      "batch_seconds",
      "author_full_name",
      "created_at",
      "updated_at",
      sql<boolean>`signing_secret IS NOT NULL`.as("signed"),
    ]);
}

export async function ruleList(db: Database): Promise<RuleRow[]> {
  return rules(db).orderBy("id").execute();
}

export async function ruleRead(db: Database, id: number): Promise<RuleRow | undefined> {
  return rules(db).where("id", "=", id).executeTakeFirst();
}

/** How many there are, with others kept from adding one until the transaction ends. */
export async function ruleCountLockInTx(tx: Database): Promise<number> {
  await sql`LOCK TABLE notification_rules IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  return (
    await tx
      .selectFrom("notification_rules")
      .select(sql<number>`count(*)::integer`.as("n"))
      .executeTakeFirstOrThrow()
  ).n;
}

export async function ruleInsert(tx: Database, row: Insertable<RulesTable>): Promise<number> {
  return (await tx.insertInto("notification_rules").values(row).returning("id").executeTakeFirstOrThrow()).id;
}

export async function ruleUpdate(tx: Database, id: number, change: Updateable<RulesTable>): Promise<void> {
  await tx.updateTable("notification_rules").set(change).where("id", "=", id).execute();
}

export async function ruleDelete(tx: Database, id: number): Promise<void> {
  await tx.deleteFrom("notification_rules").where("id", "=", id).execute();
}

/** Rules whose signing secret does not begin with this; none where no rule signs. */
export async function unsealedSecrets(db: Database, prefix: string): Promise<{ id: number; signing_secret: string }[]> {
  const { rows } = await sql<{ id: number; signing_secret: string }>`
    SELECT id, signing_secret FROM notification_rules WHERE signing_secret IS NOT NULL AND NOT starts_with(signing_secret, ${prefix})
    ORDER BY id`.execute(db);
  return rows;
}

/** Puts a sealed secret in the place of the one that was read, unless that was changed meanwhile. @returns 1 or 0 */
export async function secretReplace(db: Database, id: number, before: string, sealed: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable("notification_rules")
    .set({ signing_secret: sealed })
    .where("id", "=", id)
    .where("signing_secret", "=", before)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
