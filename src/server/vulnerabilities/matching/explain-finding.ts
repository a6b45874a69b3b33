import { explain, type Explanation } from "#domain/vulnerability/explain.ts";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import type { CurrentCatalogue, MatchingDeps } from "./deps.ts";
import { subjectsAsked, suppressionWords } from "./explain-store.ts";
import { resolveSubject } from "./match-subjects.ts";
import { recordSources, rejectedAmong } from "./range-store.ts";
import { canonicalNames, readRanges } from "./read-ranges.ts";
import { subjectRows } from "./subject-store.ts";

export interface ExplainQuestion {
  /** Or any other name of the vulnerability. */
  cve: string;
  software_id?: number;
  operating_system_id?: number;
  /** Only as it is on this host. */
  host_id?: number;
}

export interface SubjectExplanation extends Explanation {
  subject_id: number;
}

/**
 * Explains live why software or an operating system has a vulnerability, or why not: one explanation for each kind of host that has it.
 * None: no host has had it.
 */
export async function explainFinding(
  deps: Pick<MatchingDeps, "db"> & { catalogue: () => Promise<Pick<CurrentCatalogue, "catalogue">> },
  question: ExplainQuestion,
): Promise<SubjectExplanation[]> {
  const { db } = deps;
  const { catalogue } = await deps.catalogue();
  const cve = (await canonicalNames(db, [question.cve])).get(question.cve) ?? question.cve;
  const rows = await subjectRows(db, await subjectsAsked(db, question));
  const rejected = (await rejectedAmong(db, [cve])).has(cve);
  const asked = { db, cve, rejected, hostId: question.host_id ?? null };
  return await Promise.all(
    rows.map(
      async ({ id, scope, ...row }) =>
        await explainOne(asked, { id, scope, identity: resolveSubject({ scope, ...row }, catalogue) }),
    ),
  );
}

async function explainOne(
  { db, cve, rejected, hostId }: { db: Database; cve: string; rejected: boolean; hostId: number | null },
  { id, scope, identity }: { id: number; scope: Explanation["scope"]; identity: SubjectIdentity },
): Promise<SubjectExplanation> {
  const rangesOf = await readRanges(db, [identity]);
  const suppression = await suppressionWords(db, id, cve, hostId);
  const context = { rejected, suppression };
  const told = explain(identity, scope, rangesOf, cve, context);
  const records = await recordSources(
    db,
    told.ranges.map(({ record_id }) => record_id),
  );
  return { subject_id: id, ...explain(identity, scope, rangesOf, cve, { ...context, records }) };
}
