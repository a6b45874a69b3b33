import type { Database } from "#server/database/tables.ts";
import { fixesQueueInTx } from "../fix-first/fix-change-store.ts";
import {
  exposedSubjects,
  exposuresTakeInTx,
  exposuresWriteInTx,
  hostsOfSubjectSets,
  hostsUnsuppressed,
  softwareExposuresWriteInTx,
  type ExposedSubjects,
  type ExposureCounts,
} from "./exposure-store.ts";
import { exposureFactsRefreshInTx } from "./refresh-exposures.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Vulnerabilities counted together: those of one package mostly have one set of software. */
const AT_ONCE = 500;

/**
 * Counts the exposure of queued vulnerabilities, in one bounded step. Vulnerabilities with the same set of subjects are counted once.
 *
 * @returns how many vulnerabilities were taken
 */
export async function countExposures(db: Database): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    const ids = await exposuresTakeInTx(tx, AT_ONCE);
    if (ids.length > 0) await exposuresCountInTx(tx, ids);
    return ids.length;
  });
}

export async function exposuresCountInTx(tx: Database, ids: readonly number[]): Promise<void> {
  await exposuresWriteInTx(tx, ids, await countedExposures(tx, ids));
  await exposureFactsRefreshInTx(tx, ids);
  await softwareExposuresWriteInTx(tx, ids);
  await fixesQueueInTx(tx, ids);
}

/**
 * What the exposure of these vulnerabilities is at this moment, from the rows; those that no host has are left out. With a label: only its
 * hosts are counted.
 */
export async function countedExposures(db: Database, ids: readonly number[], labelId?: number): Promise<ExposureCounts[]> {
  const exposed = await exposedSubjects(db, ids);
  const hosts = await countSets(db, exposed, labelId);
  const counts: ExposureCounts[] = [];
  for (const row of exposed) {
    const all = hosts.get(nameOf(row.subjects)) ?? 0;
    if (all === 0) continue;
    // oxlint-disable-next-line no-await-in-loop -- only where a decision is about single hosts or labels
    const open = row.partly ? await hostsUnsuppressed(db, row.vulnerability_id, labelId) : (hosts.get(nameOf(row.open)) ?? 0);
    const { vulnerability_id, states, sources, software_count, opened_at } = row;
    const suppressed = open === 0;
    counts.push({
      vulnerability_id,
      hosts_count: open,
      suppressed_hosts_count: all - open,
      software_count,
      states,
      sources,
      suppressed,
      opened_at,
    });
  }
  return counts;
}

function nameOf(subjects: readonly number[]): string {
  return subjects.join(",");
}

/** The number of hosts of each distinct set of subjects. */
async function countSets(db: Database, exposed: readonly ExposedSubjects[], labelId?: number): Promise<Map<string, number>> {
  const sets = new Map<string, readonly number[]>();
  for (const { subjects, open } of exposed) for (const set of [subjects, open]) if (set.length > 0) sets.set(nameOf(set), set);
  const counts = await hostsOfSubjectSets(db, [...sets.values()], labelId);
  return new Map([...sets.keys()].map((name, i) => [name, counts[i] ?? 0]));
}
