import { MUSTER_AGENT_SOURCES, platformFamily } from "#domain/software/sources.ts";
import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { noteAgentVersion } from "../../devices/note-agent-version.ts";
import { completeRefetch } from "../../devices/request-refetch.ts";
import { updateHostDetails } from "../../devices/update-host-details.ts";
import { ingestReport } from "../../inventory/ingest-report.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { OsqueryDeps } from "./deps.ts";
import type { HandedOut } from "./handed-out.ts";
import { REFETCH_MARKER } from "./queries/query.ts";
import { batchName } from "./read-queries.ts";
import { detailsOfResults } from "./translate/details.ts";
import { type WriteResults, writeResults } from "./translate/results.ts";
import { softwareReports } from "./translate/software.ts";

/**
 * Takes the results of a distributed write: host facts, then software. Idempotent: an agent that did not hear the answer sends the
 * same results again, alone or with the next ones. When this throws, nothing counts as reported, and the agent keeps its results.
 */
export async function takeResults(
  deps: OsqueryDeps & { handedOut: HandedOut },
  session: NodeSession,
  body: OsqueryWriteRequest,
  publicIp: string,
): Promise<void> {
  const taken = writeResults(body);
  count(deps.metrics, taken);
  if (taken.results.size === 0) return;
  const details = detailsOfResults(taken.results);
  const platform = details.platform ?? session.platform;
  const reports = softwareReports(taken.results, platform).filter(
    (report) => !(session.muster_reports && MUSTER_AGENT_SOURCES.includes(report.source)),
  );
  const version = details.osquery_version ?? session.agent_version;
  if (version !== session.agent_version) await noteAgentVersion(deps.devices, session, version);
  await updateHostDetails(deps.devices, session.host_id, { ...details, public_ip: publicIp });
  if (reports.length > 0) await ingestReport(deps.ingest, session.host_id, reports);
  if (!isFull(session, platform, reports.length)) return;
  const answersRefetch = taken.results.has(REFETCH_MARKER);
  deps.handedOut.mark(session.host_id, batchName({ platform: session.platform, refetch_requested: answersRefetch }), deps.now());
  deps.seen.seen(session.host_id, { reported: true, agent: session.agent });
  if (answersRefetch) await completeRefetch(deps.devices, session.host_id);
}

/**
 * Was this the host's whole report? A host whose platform was unknown was asked for its details alone, and its software is asked
 * next; but one whose platform stays unknown is done, or it would be asked again at every poll.
 */
function isFull(session: NodeSession, platform: string, reports: number): boolean {
  return reports > 0 || platformFamily(session.platform) !== null || platformFamily(platform) === null;
}

function count(metrics: Metrics, taken: WriteResults): void {
  const failed = metrics.counter("muster_osquery_query_failures_total", "Queries that failed on a device, by query.", ["query"]);
  for (const [query, result] of taken.results) if (!result.ok) failed.inc({ query });
  if (taken.unknown === 0) return;
  const unknown = metrics.counter("muster_osquery_unknown_results_total", "Results of queries that Muster never hands out.");
  unknown.inc(taken.unknown);
}
