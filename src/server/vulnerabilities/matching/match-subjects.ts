import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import { resolveOperatingSystem } from "#domain/vulnerability/identity/operating-system.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { OsScope, SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import type { CurrentCatalogue } from "./deps.ts";
import { rejectedRememberInTx } from "./finding-store.ts";
import { rejectedAmong } from "./range-store.ts";
import { readRanges } from "./read-ranges.ts";
import { identitiesWriteInTx, subjectRows, subjectsMatchedInTx, type SubjectRow } from "./subject-store.ts";
import { matchTurnInTx } from "./turn-store.ts";
import { writeFindingsInTx, type FindingChanges, type SubjectMatch } from "./write-findings.ts";

export interface Matched extends FindingChanges {
  subjects: number;
}

interface Identified {
  id: number;
  scope: OsScope;
  identity: SubjectIdentity;
}

/**
 * Matches subjects against what feeds say now and writes the difference, in one transaction. Those whose identity was told by another
 * catalogue (or never) are identified first.
 *
 * @param ids at most some thousands: a batch holds the turn to write findings
 */
export async function matchSubjects(db: Database, current: CurrentCatalogue, ids: readonly number[]): Promise<Matched> {
  if (ids.length === 0) return { subjects: 0, opened: 0, closed: 0, changed: 0 };
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    return await matchSubjectsInTx(tx, current, ids);
  });
}

/** As {@link matchSubjects}; the caller has the turn. */
export async function matchSubjectsInTx(tx: Database, current: CurrentCatalogue, ids: readonly number[]): Promise<Matched> {
  const rows = await subjectRows(tx, ids);
  const { identified, moved } = await identify(tx, rows, current);
  const assessed = identified.filter(({ identity }) => identity.status === "assessed");
  const rangesOf = await readRanges(
    tx,
    assessed.map(({ identity }) => identity),
  );
  const found = assessed.flatMap(({ id, scope, identity }) =>
    matchSubject(identity, scope, rangesOf).map((match): SubjectMatch => Object.assign(match, { subject_id: id })),
  );
  const matches = await withoutRejected(tx, found);
  const subjects = identified.map(({ id }) => id);
  const changes = await writeFindingsInTx(tx, subjects, matches, moved);
  await subjectsMatchedInTx(tx, ids, current.version);
  return { subjects: ids.length, ...changes };
}

/** What every subject is now; `moved` are those that are something else than they were told to be. */
async function identify(
  tx: Database,
  rows: readonly SubjectRow[],
  current: CurrentCatalogue,
): Promise<{ identified: Identified[]; moved: Set<number> }> {
  const moved = new Set<number>();
  const written: { id: number; identity: SubjectIdentity }[] = [];
  const identified = rows.map((row): Identified => {
    const identity = identityOf(row, current);
    if (identity !== row.identity && !isSame(identity, row.identity)) {
      written.push({ id: row.id, identity });
      if (row.identity !== null) moved.add(row.id);
    }
    return { id: row.id, scope: row.scope, identity };
  });
  await identitiesWriteInTx(tx, written);
  return { identified, moved };
}

/** Would this catalogue tell something else of the subject than what is stored? */
export function isOtherBy(row: SubjectRow, { catalogue }: CurrentCatalogue): boolean {
  return !isSame(resolveSubject(row, catalogue), row.identity);
}

function isSame(identity: SubjectIdentity, stored: SubjectIdentity | null): boolean {
  return JSON.stringify(identity) === JSON.stringify(stored);
}

function identityOf(row: SubjectRow, { catalogue, version }: CurrentCatalogue): SubjectIdentity {
  if (row.identity !== null && row.identity_version === version) return row.identity;
  return resolveSubject(row, catalogue);
}

/** The identity of a subject by this catalogue, whatever is stored. */
export function resolveSubject(
  { software, operating_system, scope }: Pick<SubjectRow, "software" | "operating_system" | "scope">,
  catalogue: CurrentCatalogue["catalogue"],
): SubjectIdentity {
  if (software !== null) return resolveIdentity(software, scope, catalogue);
  if (operating_system !== null) return resolveOperatingSystem(operating_system);
  throw new Error("a subject is software or an operating system");
}

async function withoutRejected(tx: Database, found: SubjectMatch[]): Promise<SubjectMatch[]> {
  const rejected = await rejectedAmong(tx, [...new Set(found.map((m) => m.vulnerability))]);
  await rejectedRememberInTx(tx, [...rejected].toSorted());
  return rejected.size === 0 ? found : found.filter((m) => !rejected.has(m.vulnerability));
}
