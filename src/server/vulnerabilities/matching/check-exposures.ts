import type { Database } from "#server/database/tables.ts";
import { countedExposures, exposuresCountInTx } from "./count-exposures.ts";
import { exposuresLookedAt, exposuresSettled } from "./exposure-check-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

const AT_ONCE = 500;

/** An exposure whose stored numbers are not those of the rows. */
export interface MiscountedExposure {
  vulnerability_id: number;
  words: string;
}

/** Compares every exposure with the hosts that have its findings; what waits to be counted is left out. In one moment of the database. */
export async function* miscountedExposures(db: Database): AsyncGenerator<MiscountedExposure> {
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const stored = await exposuresSettled(db, after, AT_ONCE);
    // oxlint-disable-next-line no-await-in-loop
    const last = await exposuresLookedAt(db, after, AT_ONCE);
    if (last === null) return;
    const ids = stored.map((row) => row.vulnerability_id);
    // oxlint-disable-next-line no-await-in-loop
    const counted = new Map((await countedExposures(db, ids)).map((row) => [row.vulnerability_id, row]));
    for (const { vulnerability_id, cve, hosts_count, software_count } of stored) {
      const real = counted.get(vulnerability_id);
      if ((real?.hosts_count ?? null) === hosts_count && (real?.software_count ?? null) === software_count) continue;
      yield { vulnerability_id, words: `${cve}: ${hosts_count ?? "no"} hosts are stored, ${real?.hosts_count ?? "no"} have it` };
    }
    after = last;
  }
}

/** Counts exposures anew, at once. */
export async function recountExposures(db: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  for (let start = 0; start < vulnerabilityIds.length; start += AT_ONCE) {
    const ids = vulnerabilityIds.slice(start, start + AT_ONCE);
    // oxlint-disable-next-line no-await-in-loop -- transactions of bounded size
    await db.transaction().execute(async (tx) => {
      await matchTurnInTx(tx);
      await exposuresCountInTx(tx, ids);
    });
  }
}
