import { groupsOfMembers } from "#domain/vulnerability/shared-members.ts";
import type { Database } from "#server/database/tables.ts";
import { fixesQueueInTx } from "../fix-first/fix-change-store.ts";
import {
  exposedSubjects,
  exposuresQueuedInTx,
  exposuresUnqueueInTx,
  exposuresWriteInTx,
  hostsOfSubjectSets,
  hostsUnsuppressed,
  linksOfSubjects,
  type ExposedSubjects,
  type ExposureCounts,
  type QueuedExposure,
} from "./exposure-store.ts";
import { exposureFactsRefreshInTx } from "./refresh-exposures.ts";
import { softwareExposuresWriteInTx } from "./software-exposure-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Vulnerabilities looked at together: those of one package mostly have one set of software. */
export const EXPOSURES_AT_ONCE = 500;
/** Links read by one step of that many, about: less than a second of the database's time, for which new software waits. */
const LINKS_AT_ONCE = 200_000;
/** … and by any step: what shares software is read once. */
const LINKS_LEAST = 20_000;

/**
 * Counts the exposure of queued vulnerabilities, in one bounded step: so many as have the software of a bounded number of hosts.
 *
 * @returns how many vulnerabilities were counted
 */
export async function countExposures(db: Database, limit = EXPOSURES_AT_ONCE): Promise<number> {
  const linksMax = Math.max(LINKS_LEAST, (LINKS_AT_ONCE * limit) / EXPOSURES_AT_ONCE);
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    const queued = await exposuresQueuedInTx(tx, limit);
    if (queued.length === 0) return 0;
    const exposed = await exposedSubjects(tx, idsOf(queued));
    const later = new Set(await tooMany(tx, exposed, linksMax));
    const counted = queued.filter((row) => !later.has(row.vulnerability_id));
    await exposuresUnqueueInTx(tx, idsOf(counted));
    await exposuresCountInTx(tx, idsOf(counted), idsOf(counted.filter(({ hosts_only }) => !hosts_only)));
    return counted.length;
  });
}

/** Those that are counted later, because with them more hosts than is good for one step had to be looked at. */
async function tooMany(db: Database, exposed: readonly ExposedSubjects[], linksMax: number): Promise<number[]> {
  const groups = groupsOfMembers(exposed.map(({ subjects }) => subjects));
  const links = await linksOfSubjects(db, [...groups.keys()]);
  const groupOf = ({ subjects }: ExposedSubjects): number => groups.get(subjects[0] ?? 0) ?? 0;
  const later: number[] = [];
  const read = new Set<number>();
  let cost = 0;
  // what shares software is counted together: it is read once
  for (const row of exposed.toSorted((a, b) => groupOf(a) - groupOf(b))) {
    const more = row.subjects.filter((id) => !read.has(id)).reduce((sum, id) => sum + (links.get(id) ?? 0), 0);
    if (cost > 0 && cost + more > linksMax) {
      later.push(row.vulnerability_id);
      continue;
    }
    cost += more;
    for (const id of row.subjects) read.add(id);
  }
  return later;
}

function idsOf(rows: readonly QueuedExposure[]): number[] {
  return rows.map(({ vulnerability_id }) => vulnerability_id);
}

/**
 * Counts exposures, and what lists show of the software.
 *
 * @param withSoftware those of `ids` whose findings changed, not only their hosts
 */
export async function exposuresCountInTx(tx: Database, ids: readonly number[], withSoftware = ids): Promise<void> {
  await exposuresWriteInTx(tx, ids, await countedExposures(tx, ids));
  await exposureFactsRefreshInTx(tx, ids);
  if (withSoftware.length > 0) await softwareExposuresWriteInTx(tx, withSoftware);
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
