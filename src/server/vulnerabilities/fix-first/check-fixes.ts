import type { Database } from "../../database/tables.ts";
import { exposuresLookedAt, exposuresSettled } from "../matching/exposure-check-store.ts";
import { countHosts } from "./count-fixes.ts";
import { findFixes } from "./find-fixes.ts";
import { fixesQueueInTx } from "./fix-change-store.ts";
import { settledFixes, storedFixFindings, misplacedSubjects, unnotedVulnerabilities, type StoredFix } from "./fix-check-store.ts";
import { clearedSets, fixSums, type FixCounts } from "./fix-count-store.ts";
import { nameOfFix, type FixKey } from "./fix-finding-store.ts";
import { countsOf, refreshFixQueue } from "./refresh-fix-queue.ts";

const AT_ONCE = 500;
const FIXES_AT_ONCE = 50;

/** A vulnerability whose updates are not those that its findings say. */
export interface WrongFix {
  vulnerability_id: number;
  words: string;
}

/** Compares the queue of updates, kept change by change, with what all findings say at this moment. What waits to be counted is left out. */
export async function* wrongFixes(db: Database): AsyncGenerator<WrongFix> {
  yield* wrongFindings(db);
  yield* wrongSums(db);
}

async function* wrongFindings(db: Database): AsyncGenerator<WrongFix> {
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const settled = await exposuresSettled(db, after, AT_ONCE);
    // oxlint-disable-next-line no-await-in-loop
    const last = await exposuresLookedAt(db, after, AT_ONCE);
    if (last === null) return;
    // oxlint-disable-next-line no-await-in-loop
    yield* await wrongOf(
      db,
      settled.map(({ vulnerability_id }) => vulnerability_id),
    );
    after = last;
  }
}

async function wrongOf(db: Database, given: readonly number[]): Promise<WrongFix[]> {
  const ids = await unnotedVulnerabilities(db, given);
  const [stored, found] = [await storedFixFindings(db, ids), await held(db, await findFixes(db, ids))];
  const [before, now] = [byVulnerability(stored), byVulnerability(found)];
  return ids
    .filter((id) => before.get(id) !== now.get(id))
    .map((vulnerability_id) => ({
      vulnerability_id,
      words: `vulnerability ${vulnerability_id}: stored are ${before.get(vulnerability_id) ?? "no updates"}; its findings say ${now.get(vulnerability_id) ?? "none"}`,
    }));
}

type Finding = FixKey & { vulnerability_id: number; subjects: number[]; versions: string[]; partly: boolean };

/** Those that some host has. */
async function held(db: Database, findings: readonly Finding[]): Promise<Finding[]> {
  const sets = findings.map(({ subjects, vulnerability_id, partly }, place) => ({
    fix_id: place,
    subjects,
    vulnerability_ids: [vulnerability_id],
    partly,
  }));
  const counted = await countHosts(db, sets);
  return findings.filter((_finding, place) => (counted.get(place)?.hosts_count ?? 0) > 0);
}

function byVulnerability(findings: readonly Finding[]): Map<number, string> {
  const groups = Map.groupBy(findings, ({ vulnerability_id }) => vulnerability_id);
  return new Map([...groups].map(([id, own]) => [id, own.map(wordsOf).toSorted().join("; ")]));
}

function wordsOf(finding: Finding): string {
  return `${nameOfFix(finding)} to ${finding.versions.toSorted().join(", ")} (${finding.subjects.join(", ")})`;
}

async function* wrongSums(db: Database): AsyncGenerator<WrongFix> {
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const stored = await settledFixes(db, after, FIXES_AT_ONCE);
    const last = stored.at(-1);
    if (last === undefined) return;
    // oxlint-disable-next-line no-await-in-loop
    yield* await wrongAmong(db, stored);
    after = last.id;
  }
}

/** What is wrong with the numbers of these updates, and with the hosts of what they clear. */
async function wrongAmong(db: Database, stored: readonly StoredFix[]): Promise<WrongFix[]> {
  const ids = stored.map(({ id }) => id);
  const hosts = await countHosts(db, await clearedSets(db, ids));
  const sums = (await fixSums(db, ids)).flatMap(
    (sum) => countsOf({ ...sum, hosts_count: hosts.get(sum.id)?.hosts_count ?? 0 }) ?? [],
  );
  const counted = new Map(sums.map((row) => [row.id, row]));
  const subjects = await misplacedSubjects(db, ids);
  return stored.flatMap((fix) => {
    const vulnerability_id = fix.vulnerability_id ?? 0;
    const now = counted.get(fix.id);
    const found: WrongFix[] = fix.findings.flatMap(({ vulnerability_id: id, hosts_count }) => {
      const real = hosts.get(fix.id)?.findings.get(id) ?? 0;
      const words = `update ${fix.id} (${fix.name}): stored are ${hosts_count} hosts with vulnerability ${id}, there are ${real}`;
      return real === hosts_count ? [] : [{ vulnerability_id: id, words }];
    });
    if (now === undefined || sumOf(now) !== sumOf(fix)) {
      const words = `update ${fix.id} (${fix.name}): stored is ${sumOf(fix)}, its findings come to ${now === undefined ? "nothing" : sumOf(now)}`;
      found.push({ vulnerability_id, words });
    }
    if (subjects.has(fix.id))
      found.push({ vulnerability_id, words: `update ${fix.id} (${fix.name}): its software is not noted as its own` });
    return found;
  });
}

/** Sums of fractions depend on the order they are added in: compared to a millionth. */
function sumOf(fix: FixCounts): string {
  const { name, resolved_in_version, hosts_count, vulnerabilities_count, known_exploited_count, software_count, cves } = fix;
  return JSON.stringify([
    name,
    resolved_in_version,
    fix.risk.toPrecision(7),
    fix.priority.toFixed(3),
    [hosts_count, vulnerabilities_count, known_exploited_count, software_count],
    cves,
  ]);
}

/** Counts the updates of these vulnerabilities anew, at once. */
export async function recountFixes(db: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  await db.transaction().execute(async (tx) => fixesQueueInTx(tx, vulnerabilityIds));
  await refreshFixQueue({ db, now: () => new Date() });
}
