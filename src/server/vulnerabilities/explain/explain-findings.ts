import { canonicalId } from "#domain/vulnerability/details-link.ts";
import type { ExplainedRange } from "#domain/vulnerability/explain.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { explainVulnerability } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import { requireHost } from "../hosts/list-host-vulnerabilities.ts";
import type { CurrentCatalogue } from "../matching/deps.ts";
import { explainFinding, type ExplainQuestion, type SubjectExplanation } from "../matching/explain-finding.ts";
import {
  askableOfHost,
  explainedSubjects,
  softwareExists,
  systemsOfVersion,
  type ExplainedSubject,
} from "./explained-subject-store.ts";

interface Deps {
  db: Database;
  catalogue: () => Promise<Pick<CurrentCatalogue, "catalogue">>;
}

type Answer = EndpointResult<typeof explainVulnerability>;

/** What a question may be about. */
export interface ExplainQuery {
  software_version_id?: number;
  os_version_id?: number;
  host_id?: number;
}

/** Software of one host, or systems of one version, that one answer explains. */
const ASKED_MAX = 20;
/** Ranges that one explanation tells: of a package with hundreds of records in several feeds the rest says the same. */
const RANGES_MAX = 200;

/**
 * Explains whether software, an operating system or a whole host has a vulnerability, and why.
 *
 * @throws {HttpError} 404 for unknown software, systems and hosts; 422 when nothing is named that could have it
 */
export async function explainFindings(deps: Deps, given: string, query: ExplainQuery): Promise<Answer> {
  const cve = canonicalId(given);
  const questions = await questionsOf(deps.db, cve, query);
  const answers: SubjectExplanation[] = [];
  // oxlint-disable-next-line no-await-in-loop -- a few, each of which reads ranges: one after the other holds one connection
  for (const question of questions) answers.push(...(await explainFinding(deps, question)));
  const subjects = await explainedSubjects(
    deps.db,
    answers.map(({ subject_id }) => subject_id),
    answers[0]?.cve ?? cve,
    query.host_id ?? null,
  );
  return {
    cve: answers[0]?.cve ?? cve,
    explanations: answers.flatMap((answer) => {
      const subject = subjects.get(answer.subject_id);
      return subject === undefined ? [] : [presentExplanation(answer, subject)];
    }),
  };
}

async function questionsOf(db: Database, cve: string, query: ExplainQuery): Promise<ExplainQuestion[]> {
  const { software_version_id, os_version_id, host_id } = query;
  if (software_version_id !== undefined && os_version_id !== undefined) {
    throw unprocessable("os_version_id", "Ask about software or about an operating system, not about both at once.");
  }
  const host = host_id === undefined ? {} : { host_id };
  if (host_id !== undefined) await requireHost(db, host_id);
  if (software_version_id !== undefined) {
    if (!(await softwareExists(db, software_version_id))) {
      throw notFound("software_version_id", `There is no software version ${software_version_id}.`);
    }
    return [{ cve, software_id: software_version_id, ...host }];
  }
  if (os_version_id !== undefined) {
    const systems = await systemsOfVersion(db, os_version_id, ASKED_MAX);
    if (systems.length === 0) throw notFound("os_version_id", `There is no operating system version ${os_version_id}.`);
    return systems.map((operating_system_id) => ({ cve, operating_system_id, ...host }));
  }
  if (host_id === undefined) {
    throw unprocessable("software_version_id", "Say what may have it: software_version_id, os_version_id or host_id.");
  }
  const asked = await askableOfHost(db, host_id, cve, ASKED_MAX);
  return asked.map(({ software_id, operating_system_id }) => ({
    cve,
    host_id,
    ...(software_id === null ? {} : { software_id }),
    ...(operating_system_id === null ? {} : { operating_system_id }),
  }));
}

function presentExplanation(answer: SubjectExplanation, subject: ExplainedSubject): Answer["explanations"][number] {
  const { verdict, identity, scope, match, ranges, sentences } = answer;
  const { subject_id: _id, ...shown } = subject;
  return {
    ...shown,
    found: match !== null,
    verdict,
    os_scope: scope.name,
    identity: {
      status: identity.status,
      authority: identity.authority,
      confidence: identity.confidence,
      rule: identity.rule,
      why: identity.why,
      keys: identity.keys.map(({ ecosystem, package: name, version, scheme }) => ({ ecosystem, package: name, version, scheme })),
    },
    state: match?.state ?? null,
    resolved_in_version: match?.resolved_in_version ?? null,
    channel: match?.channel ?? null,
    ranges: ranges
      .toSorted((a, b) => Number(b.decisive) - Number(a.decisive))
      .slice(0, RANGES_MAX)
      .map(presentRange),
    sentences,
  };
}

function presentRange(range: ExplainedRange): Answer["explanations"][number]["ranges"][number] {
  const { record_id: _record, range_index: _index, key, record, comparisons, conditions, ...shown } = range;
  return {
    ...shown,
    record: record === null ? null : { feed: record.feed, part: record.part, name: record.name },
    ecosystem: key.ecosystem,
    package: key.package,
    version: key.version,
    comparisons,
    conditions: conditions.map(({ condition, holds, words }) => ({ condition, holds, words })),
  };
}
