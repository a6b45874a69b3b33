import type { Database } from "../../database/tables.ts";
import { exposuresLookedAt, exposuresSettled } from "../matching/exposure-check-store.ts";
import { countedFixes, countedFixFindings } from "./count-fixes.ts";
import { fixesQueueInTx } from "./fix-change-store.ts";
import { settledFixes, storedFixFindings, unnotedVulnerabilities, type StoredFix } from "./fix-check-store.ts";
import type { FixCounts } from "./fix-count-store.ts";
import { nameOfFix, type FixKey } from "./fix-finding-store.ts";
import { refreshFixQueue } from "./refresh-fix-queue.ts";

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
  const [stored, counted] = [await storedFixFindings(db, ids), await countedFixFindings(db, ids)];
  const [before, now] = [byVulnerability(stored), byVulnerability(counted)];
  return ids
    .filter((id) => before.get(id) !== now.get(id))
    .map((vulnerability_id) => ({
      vulnerability_id,
      words: `vulnerability ${vulnerability_id}: stored are ${before.get(vulnerability_id) ?? "no updates"}; its findings say ${now.get(vulnerability_id) ?? "none"}`,
    }));
}

type Finding = FixKey & { vulnerability_id: number; subjects: number[]; versions: string[]; hosts_count: number };

function byVulnerability(findings: readonly Finding[]): Map<number, string> {
  const groups = Map.groupBy(findings, ({ vulnerability_id }) => vulnerability_id);
  return new Map([...groups].map(([id, own]) => [id, own.map(wordsOf).toSorted().join("; ")]));
}

function wordsOf(finding: Finding): string {
  const { subjects, versions, hosts_count } = finding;
  return `${nameOfFix(finding)} to ${versions.toSorted().join(", ")} on ${hosts_count} hosts (${subjects.join(", ")})`;
}

async function* wrongSums(db: Database): AsyncGenerator<WrongFix> {
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const stored = await settledFixes(db, after, FIXES_AT_ONCE);
    const last = stored.at(-1);
    if (last === undefined) return;
    const ids = stored.map(({ id }) => id);
    // oxlint-disable-next-line no-await-in-loop
    const counted = new Map((await countedFixes(db, ids)).map((row) => [row.id, row]));
    for (const fix of stored) {
      const now = counted.get(fix.id);
      if (now !== undefined && sumOf(now) === sumOf(fix)) continue;
      yield {
        vulnerability_id: fix.vulnerability_id ?? 0,
        words: `update ${fix.id} (${fix.name}): stored is ${sumOf(fix)}, its findings come to ${now === undefined ? "nothing" : sumOf(now)}`,
      };
    }
    after = last.id;
  }
}

/** Sums of fractions depend on the order they are added in: compared to a millionth. */
function sumOf(fix: FixCounts | StoredFix): string {
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
