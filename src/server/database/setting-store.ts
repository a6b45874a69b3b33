import { sql } from "kysely";
import type { Database } from "./tables.ts";

/** A setting of any component, by its name; undefined when it was never set. */
export async function settingRead(db: Database, name: string): Promise<unknown> {
  const row = await db.selectFrom("server_settings").where("name", "=", name).select("value").executeTakeFirst();
  return row?.value;
}

export async function settingWrite(db: Database, name: string, value: unknown): Promise<void> {
  await sql`
    INSERT INTO server_settings (name, value, updated_at) VALUES (${name}, ${JSON.stringify(value)}, now())
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = now()`.execute(db);
}
