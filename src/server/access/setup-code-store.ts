import type { Database } from "../database/tables.ts";

/** A one-time set-up code as it is kept. */
export interface StoredCode {
  /** SHA-256, hexadecimal. */
  hash: string;
  created_at: string;
}

const NAME = "setup_codes";

/** The present codes, locked until the transaction ends; empty when there is none. */
export async function setupCodesLock(tx: Database): Promise<StoredCode[]> {
  const query = tx.selectFrom("server_settings").select("value").where("name", "=", NAME);
  return ((await query.forUpdate().executeTakeFirst())?.value as StoredCode[] | undefined) ?? [];
}

export async function setupCodesRead(db: Database): Promise<StoredCode[]> {
  const row = await db.selectFrom("server_settings").select("value").where("name", "=", NAME).executeTakeFirst();
  return (row?.value as StoredCode[] | undefined) ?? [];
}

/** Makes the row that {@link setupCodesLock} locks. */
export async function setupCodesCreate(tx: Database): Promise<void> {
  const query = tx.insertInto("server_settings").values({ name: NAME, value: "[]" });
  await query.onConflict((conflict) => conflict.column("name").doNothing()).execute();
}

export async function setupCodesUpdate(tx: Database, codes: readonly StoredCode[], now: Date): Promise<void> {
  const query = tx.updateTable("server_settings").set({ value: JSON.stringify(codes), updated_at: now });
  await query.where("name", "=", NAME).execute();
}

export async function setupCodesDelete(tx: Database): Promise<void> {
  await tx.deleteFrom("server_settings").where("name", "=", NAME).execute();
}
