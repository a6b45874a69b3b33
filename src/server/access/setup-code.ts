import { timingSafeEqual } from "node:crypto";
import type { AccessDeps } from "./deps.ts";
import { setupCodesCreate, setupCodesDelete, setupCodesLock, setupCodesUpdate } from "./setup-code-store.ts";
import type { StoredCode } from "./setup-code-store.ts";
import { newToken, tokenHash } from "./tokens.ts";
import { personExists } from "./user-store.ts";

/** Codes of other processes and of recent starts stay good for this long, so that every link that was just printed works. */
const CODE_LIFETIME_MS = 24 * 3600 * 1000;
const CODES_MAX = 20;

/**
 * Makes a one-time set-up code, to be printed as `<publicUrl>/setup?code=…` and nowhere else. Only its hash is kept.
 *
 * @returns null when set-up is done: someone exists who can log in with a password
 */
export async function setupCode({ db, now }: Pick<AccessDeps, "db" | "now">): Promise<string | null> {
  return db.transaction().execute(async (tx) => {
    await setupCodesCreate(tx);
    const codes = await setupCodesLock(tx);
    if (await personExists(tx)) {
      await setupCodesDelete(tx);
      return null;
    }
    const time = now();
    const code = newToken();
    const fresh = codes.filter((one) => isFresh(one, time)).slice(-(CODES_MAX - 1));
    const added = { hash: tokenHash(code).toString("hex"), created_at: time.toISOString() };
    await setupCodesUpdate(tx, [...fresh, added], time);
    return code;
  });
}

/** Is this one of the codes? Compares with each in constant time. */
export function isSetupCode(codes: readonly StoredCode[], code: string, now: Date): boolean {
  const given = tokenHash(code);
  let found = false;
  for (const one of codes) found = (timingSafeEqual(Buffer.from(one.hash, "hex"), given) && isFresh(one, now)) || found;
  return found;
}

function isFresh(code: StoredCode, now: Date): boolean {
  return now.getTime() - Date.parse(code.created_at) < CODE_LIFETIME_MS;
}
