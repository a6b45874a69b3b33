import { createHash, timingSafeEqual } from "node:crypto";
import type { Database } from "../database/tables.ts";
import { enrollSecretList } from "./enroll-secret-store.ts";

/** Is this one of the present enroll secrets? Compares with every one in constant time: how long it takes tells nothing. */
export async function isEnrollSecret(db: Database, secret: string): Promise<boolean> {
  const given = digest(secret);
  let found = false;
  for (const row of await enrollSecretList(db)) found = timingSafeEqual(digest(row.secret), given) || found;
  return found;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
