import type { AccessDeps } from "./deps.ts";
import { enrollSecretInsert, enrollSecretList, enrollSecretLock } from "./enroll-secret-store.ts";
import { newToken } from "./tokens.ts";

/**
 * Sees to it that devices can enrol: adds the given secret (MUSTER_ENROLL_SECRET), or makes one when there is none at all. Safe when
 * several processes start at once.
 *
 * @returns the secret to show: the given one, else the newest
 */
export async function ensureEnrollSecret({ db, now }: Pick<AccessDeps, "db" | "now">, given: string | null): Promise<string> {
  return db.transaction().execute(async (tx) => {
    await enrollSecretLock(tx);
    const newest = (await enrollSecretList(tx)).at(-1)?.secret ?? null;
    const secret = given ?? newest ?? newToken();
    if (secret !== newest) await enrollSecretInsert(tx, [secret], now());
    return secret;
  });
}
