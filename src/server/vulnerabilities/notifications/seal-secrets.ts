import type { Database } from "../../database/tables.ts";
import { secretReplace, unsealedSecrets } from "./rule-store.ts";
import { SEALED, type SecretBox } from "./secret-box.ts";

/**
 * Seals every signing secret with the present key that is not: those of before there was a key, and those of former keys. One that cannot be
 * opened any more keeps no other from being sealed.
 *
 * @returns how many were sealed
 * @throws {AggregateError} after the others were sealed, when the keys of some secrets are not known any more
 */
export async function sealSecrets({ db, secrets }: { db: Database; secrets: SecretBox }): Promise<number> {
  let sealed = 0;
  const failed: Error[] = [];
  // oxlint-disable no-await-in-loop -- at most a hundred rules
  for (const { id, signing_secret } of await unsealedSecrets(db, await secrets.currentPrefix())) {
    try {
      const fresh = await secrets.seal(await secrets.open(signing_secret));
      sealed += await secretReplace(db, id, signing_secret, fresh);
    } catch (error) {
      failed.push(new Error(`rule ${id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
    }
  }
  // oxlint-enable no-await-in-loop
  if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join(" "));
  return sealed;
}

/** Rules whose signing secret everybody who reads the database could use. */
export async function clearSecrets(db: Database): Promise<number[]> {
  return (await unsealedSecrets(db, SEALED)).map(({ id }) => id);
}
