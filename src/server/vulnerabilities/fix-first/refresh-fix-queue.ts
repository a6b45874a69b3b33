import { clearingVersion } from "#domain/vulnerability/judgement/clearing-versions.ts";
import { VERSION_SCHEMES } from "#domain/version/scheme.ts";
import { settingRead, settingWrite } from "../setting-store.ts";
import type { Database } from "../../database/tables.ts";
import { exposuresCountedAt, fixGroups, fixQueueReplaceInTx, type Fix, type FixGroup } from "./fix-queue-store.ts";

/** Which state of the exposures the queue was made of, and when. */
const STATE = "fix_queue_state";
export interface FixQueueState {
  exposures: string | null;
  computed_at: string;
}

export async function fixQueueState(db: Database): Promise<FixQueueState | undefined> {
  return (await settingRead(db, STATE)) as FixQueueState | undefined;
}

/**
 * Makes the queue of updates anew if exposures were counted since it was made.
 *
 * @returns how many updates it has now; null: nothing had changed
 */
export async function refreshFixQueue({ db, now }: { db: Database; now: () => Date }): Promise<number | null> {
  const exposures = await exposuresCountedAt(db);
  if ((await fixQueueState(db))?.exposures === exposures) return null;
  const fixes = (await fixGroups(db)).flatMap((group) => chosen(group) ?? []);
  await db.transaction().execute(async (tx) => {
    await fixQueueReplaceInTx(tx, fixes);
    const state: FixQueueState = { exposures, computed_at: now().toISOString() };
    await settingWrite(tx, STATE, state);
  });
  return fixes.length;
}

function chosen({ versions, scheme, ...group }: FixGroup): Fix | null {
  const known = VERSION_SCHEMES.find((name) => name === scheme) ?? "generic";
  const resolved_in_version = clearingVersion(known, versions);
  return resolved_in_version === null ? null : { ...group, resolved_in_version };
}
