import { createHash, timingSafeEqual } from "node:crypto";
import type { Database } from "../database/tables.ts";

/** Is this one of the present enroll secrets? Compares with every one in constant time: how long it takes tells nothing. */
export async function isEnrollSecret(db: Database, secret: string): Promise<boolean> {
  const rows = await db.selectFrom("enroll_secrets").select("secret").execute();
  const given = digest(secret);
  let found = false;
  for (const row of rows) found = timingSafeEqual(digest(row.secret), given) || found;
  return found;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
