import type { Match } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import { suppressFindings } from "../decisions/suppress-findings.ts";
import { fixesQueueInTx } from "../fix-first/fix-change-store.ts";
import {
  exposuresQueueInTx,
  findingsCloseInTx,
  findingsOfSubjects,
  findingsOpenInTx,
  findingsUpdateInTx,
  vulnerabilityIdsInTx,
  type FindingRow,
} from "./finding-store.ts";

export interface SubjectMatch extends Match {
  subject_id: number;
}

export interface FindingChanges {
  opened: number;
  closed: number;
  changed: number;
}

/** Rows of one statement. */
const AT_ONCE = 20_000;

/**
 * Makes the findings of these subjects exactly `matches`: what is new is opened, what is gone is closed, what says something else is updated,
 * and nothing else is touched. Exposures that this changes are queued, decisions and VEX suppress what they speak of at once.
 *
 * @param moved subjects that are something else than before: what closes of theirs closes for that reason
 */
export async function writeFindingsInTx(
  tx: Database,
  subjectIds: readonly number[],
  matches: readonly SubjectMatch[],
  moved: ReadonlySet<number>,
): Promise<FindingChanges> {
  const ids = await vulnerabilityIdsInTx(tx, [...new Set(matches.map((m) => m.vulnerability))]);
  const gone = bySubject(await findingsOfSubjects(tx, subjectIds));
  const opened: FindingRow[] = [];
  const changed: FindingRow[] = [];
  const counted = new Set<number>();
  const otherwiseFixed = new Set<number>();
  for (const match of matches) {
    const row = rowOf(match, ids);
    const before = gone.get(row.subject_id)?.get(row.vulnerability_id);
    gone.get(row.subject_id)?.delete(row.vulnerability_id);
    if (before === undefined) opened.push(row);
    else if (!saysTheSame(before, row)) changed.push(row);
    if (before?.state !== row.state || before.suppressed !== row.suppressed) counted.add(row.vulnerability_id);
    else if (before.resolved_in_version !== row.resolved_in_version) otherwiseFixed.add(row.vulnerability_id);
  }
  const closed = [...gone.values()].flatMap((rows) => [...rows.values()]);
  for (const { vulnerability_id } of closed) counted.add(vulnerability_id);
  await inParts(opened, (part) => findingsOpenInTx(tx, part));
  await inParts(changed, (part) => findingsUpdateInTx(tx, part));
  await close(tx, closed, moved);
  if (opened.length > 0) await suppressFindings(tx, opened);
  await inParts(
    [...counted].toSorted((a, b) => a - b),
    (part) => exposuresQueueInTx(tx, part),
  );
  // what is counted is noted for the queue of updates then
  await fixesQueueInTx(
    tx,
    [...otherwiseFixed].filter((id) => !counted.has(id)).toSorted((a, b) => a - b),
  );
  return { opened: opened.length, closed: closed.length, changed: changed.length };
}

async function close(tx: Database, closed: readonly FindingRow[], moved: ReadonlySet<number>): Promise<void> {
  const byIdentity = closed.filter(({ subject_id }) => moved.has(subject_id));
  const byFeed = closed.filter(({ subject_id }) => !moved.has(subject_id));
  await inParts(byIdentity, (part) => findingsCloseInTx(tx, part, "identity"));
  await inParts(byFeed, (part) => findingsCloseInTx(tx, part, "feed"));
}

async function inParts<T>(rows: readonly T[], write: (part: T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    await write(rows.slice(start, start + AT_ONCE));
  }
}

/** Findings by subject and vulnerability. */
function bySubject(rows: readonly FindingRow[]): Map<number, Map<number, FindingRow>> {
  const found = new Map<number, Map<number, FindingRow>>();
  for (const row of rows) {
    const own = found.get(row.subject_id);
    if (own === undefined) found.set(row.subject_id, new Map([[row.vulnerability_id, row]]));
    else own.set(row.vulnerability_id, row);
  }
  return found;
}

function rowOf(match: SubjectMatch, ids: ReadonlyMap<string, number>): FindingRow {
  const { subject_id, vulnerability, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index } =
    match;
  const vulnerability_id = ids.get(vulnerability);
  if (vulnerability_id === undefined) throw new Error(`${vulnerability} has no row although it was made`);
  return { subject_id, vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index };
}

function saysTheSame(a: FindingRow, b: FindingRow): boolean {
  return (
    a.state === b.state &&
    a.resolved_in_version === b.resolved_in_version &&
    a.channel === b.channel &&
    a.confidence === b.confidence &&
    a.suppressed === b.suppressed &&
    a.record_id === b.record_id &&
    a.range_index === b.range_index
  );
}
