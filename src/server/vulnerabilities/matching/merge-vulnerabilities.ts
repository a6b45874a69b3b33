import { mergeFacts } from "#domain/vulnerability/judgement/merge-facts.ts";
import type { Database } from "#server/database/tables.ts";
import { fixesQueueInTx } from "../fix-first/fix-change-store.ts";
import { noteWorse } from "../notifications/note-worse.ts";
import { judgedVulnerabilities } from "../notifications/worse-store.ts";
import { exposuresQueuedAmong, softwareExposuresWriteInTx } from "./exposure-store.ts";
import { exposureFactsRefreshInTx } from "./refresh-exposures.ts";
import { mergedWriteInTx, mergeInputs, mergesDropUnusedInTx, mergesTakeInTx, namedKeysQueueInTx } from "./merge-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Records of this many vulnerabilities are in memory together: some megabytes. */
export const MERGES_AT_ONCE = 300;

/**
 * Merges what feeds say of vulnerabilities of the fleet that changed, in one bounded step; exposures show it at once.
 *
 * @returns how many were taken
 */
export async function mergeQueued(db: Database, limit = MERGES_AT_ONCE): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    await mergesDropUnusedInTx(tx);
    const cves = await mergesTakeInTx(tx, limit);
    if (cves.length === 0) return 0;
    const inputs = await mergeInputs(tx, cves);
    const merged = inputs.map(({ cve, aliases, records, epss }) => ({ ...mergeFacts(cve, records, epss), aliases }));
    const before = await judgedVulnerabilities(tx, cves);
    const changed = await mergedWriteInTx(tx, merged);
    await noteWorse(tx, before, cves);
    await exposureFactsRefreshInTx(tx, changed);
    // lists of software show scores and predictions of their vulnerabilities; what is counted soon shows them then
    const queued = new Set(await exposuresQueuedAmong(tx, changed));
    const counted = changed.filter((id) => !queued.has(id));
    if (counted.length > 0) await softwareExposuresWriteInTx(tx, counted);
    await fixesQueueInTx(tx, changed, "judgement");
    const stored = new Map(inputs.map(({ cve, rejected }) => [cve, rejected]));
    const turned = merged
      .filter(({ cve, rejected }) => rejected !== stored.get(cve))
      .flatMap(({ cve, aliases }) => [cve, ...aliases]);
    await namedKeysQueueInTx(
      tx,
      turned,
      merged.flatMap(({ aliases }) => aliases),
    );
    return cves.length;
  });
}
