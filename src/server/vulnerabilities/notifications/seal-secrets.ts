import type { Database } from "../../database/tables.ts";
import { secretReplace, unsealedSecrets } from "./rule-store.ts";
import { SEALED, type SecretBox } from "./secret-box.ts";

/**
 * Seals every signing secret with the present key that is not: those of before there was a key, and those of former keys.
 *
 * @returns how many were sealed
 */
export async function sealSecrets({ db, secrets }: { db: Database; secrets: SecretBox }): Promise<number> {
  let sealed = 0;
  for (const { id, signing_secret } of await unsealedSecrets(db, await secrets.currentPrefix())) {
    // oxlint-disable-next-line no-await-in-loop -- at most a hundred rules
    const fresh = await secrets.seal(await secrets.open(signing_secret));
    // oxlint-disable-next-line no-await-in-loop
    sealed += await secretReplace(db, id, signing_secret, fresh);
  }
  return sealed;
}

/** Rules whose signing secret everybody who reads the database could use. */
export async function clearSecrets(db: Database): Promise<number[]> {
  return (await unsealedSecrets(db, SEALED)).map(({ id }) => id);
}
