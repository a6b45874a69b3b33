import type { EndpointResult } from "#protocol/endpoint.ts";
import type * as decisions from "#protocol/rest/vulnerability-decisions.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { decisionCount, decisionList, decisionRead, type DecisionFilter, type DecisionOrderKey } from "./decision-store.ts";
import { presentDecision } from "./present-decision.ts";
import { suppressionList } from "./suppression-store.ts";

/** One page of decisions. */
export async function listDecisions(
  { db }: { db: Database },
  filter: DecisionFilter,
  page: Page<DecisionOrderKey>,
): Promise<EndpointResult<typeof decisions.listDecisions>> {
  const [read, count] = await Promise.all([decisionList(db, filter, page), decisionCount(db, filter)]);
  const { rows, meta } = pageResult(read, page);
  return { count, decisions: rows.map(presentDecision), meta };
}

/** @throws {HttpError} 404 */
export async function readDecision({ db }: { db: Database }, id: number): Promise<decisions.VulnerabilityDecision> {
  const row = await decisionRead(db, id);
  if (row === undefined) throw notFound("id", `There is no decision ${id}.`);
  return presentDecision(row);
}

const SUPPRESSIONS_MAX = 1000;

/** What suppresses findings of a vulnerability. */
export async function listSuppressions(
  { db }: { db: Database },
  query: { cve: string; software_version_id?: number },
): Promise<EndpointResult<typeof decisions.listSuppressions>> {
  const rows = await suppressionList(db, query.cve, query.software_version_id, SUPPRESSIONS_MAX);
  return {
    suppressions: rows.map((row) => ({ ...row, since: row.since.toISOString(), until: row.until?.toISOString() ?? null })),
  };
}
