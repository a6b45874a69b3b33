import { recordActivity } from "../activity/record-activity.ts";
import type { Caller } from "../http/route.ts";
import type { AccessDeps } from "./deps.ts";
import { enrollSecretInsert, enrollSecretLock, otherEnrollSecretsDelete } from "./enroll-secret-store.ts";

/** Makes these the enroll secrets, and no others. Hosts that are enrolled stay enrolled. `secrets` is not empty. */
export async function replaceEnrollSecrets(deps: AccessDeps, secrets: readonly string[], caller: Caller | null): Promise<void> {
  const distinct = [...new Set(secrets)];
  await deps.db.transaction().execute(async (tx) => {
    await enrollSecretLock(tx);
    await otherEnrollSecretsDelete(tx, distinct);
    await enrollSecretInsert(tx, distinct, deps.now());
    await recordActivity(tx, { type: "edited_enroll_secrets", actor: caller, details: { secrets_count: distinct.length } });
  });
}
