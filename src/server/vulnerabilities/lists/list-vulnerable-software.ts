import { canonicalId } from "#domain/vulnerability/details-link.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import { FINDING_STATES } from "#protocol/rest/vulnerabilities.ts";
import type { listVulnerableSoftware as listEndpoint } from "#protocol/rest/vulnerable-software.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { namesOf, present } from "../../inventory/read-software-filter.ts";
import { presentConfidence, presentState } from "./present-vulnerability.ts";
import { wordsOf } from "./read-vulnerability-filter.ts";
import { vulnerabilityByCve } from "./vulnerability-store.ts";
import {
  vulnerableSoftwareCount,
  vulnerableSoftwareList,
  type VulnerableSoftwareFilter,
  type VulnerableSoftwareOrderKey,
  type VulnerableSoftwareRow,
} from "./vulnerable-software-store.ts";

type Answer = EndpointResult<typeof listEndpoint>;

/** The filter parameters, as the protocol validates them. */
export interface VulnerableSoftwareQuery {
  query?: string;
  state?: string;
  source?: string;
  label_id?: number;
  suppressed?: "no" | "yes" | "all";
}

/**
 * One page of the software of the fleet that has a vulnerability.
 *
 * @throws {HttpError} 404 when nothing of the fleet ever had it, 400 for a word that is no state
 */
export async function listVulnerableSoftware(
  deps: { db: Database },
  given: string,
  query: VulnerableSoftwareQuery,
  page: Page<VulnerableSoftwareOrderKey>,
): Promise<Answer> {
  const vulnerability = await vulnerabilityByCve(deps.db, canonicalId(given));
  if (vulnerability === undefined) throw notFound("cve", `Nothing here ever had ${given}.`);
  const filter: VulnerableSoftwareFilter = present({
    query: query.query,
    states: wordsOf("state", query.state, FINDING_STATES),
    sources: namesOf(query.source),
    labelId: query.label_id,
    suppressed: query.suppressed ?? "no",
  });
  const [read, count] = await Promise.all([
    vulnerableSoftwareList(deps.db, vulnerability.id, filter, page),
    vulnerableSoftwareCount(deps.db, vulnerability.id, filter),
  ]);
  const { rows, meta } = pageResult(read, page);
  return { count, software: rows.map(presentVulnerableSoftware), meta };
}

/** A row as lists and the page of the vulnerability show it. */
export function presentVulnerableSoftware(row: VulnerableSoftwareRow): Answer["software"][number] {
  const { id, name, version, source, extension_for, generated_cpe, hosts_count, suppressed_hosts_count } = row;
  return {
    id,
    software_title_id: row.title_id,
    name,
    version,
    ...(row.release === "" ? {} : { release: row.release }),
    source,
    extension_for,
    generated_cpe,
    hosts_count,
    suppressed_hosts_count,
    resolved_in_version: row.resolved_in_version,
    os_scope: row.os_scope,
    state: presentState(row.state),
    confidence: presentConfidence(row.confidence),
    suppressed: row.suppressed,
    created_at: row.opened_at.toISOString(),
  };
}
