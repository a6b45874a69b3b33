import { isMusterAgentSource, platformFamily } from "#domain/software/sources.ts";
import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { noteAgentVersion } from "../../devices/note-agent-version.ts";
import { completeRefetch } from "../../devices/request-refetch.ts";
import { ingestReport } from "../../inventory/ingest-report.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { OsqueryDeps } from "./deps.ts";
import type { OsqueryMemories } from "./memories.ts";
import { REFETCH_MARKER } from "./queries/query.ts";
import { batchName } from "./read-queries.ts";
import type { ScannedWrite } from "./scan-write.ts";
import { takeLabelResults } from "./tailor-queries.ts";
import { detailsOfResults } from "./translate/details.ts";
import { type WriteResults, writeResults } from "./translate/results.ts";
import { scannedResults } from "./scanned-results.ts";
import { softwareReports } from "./translate/software.ts";

/** A distributed write, read as far as every one is. */
export interface ReceivedWrite {
  /** The body; without its software results when those are in `scanned`. */
  body: OsqueryWriteRequest;
  scanned: Omit<ScannedWrite, "rest"> | null;
  /** Parses it all. @throws {HttpError} 400 */
  whole: () => OsqueryWriteRequest;
}

/**
 * Takes the results of a distributed write: host facts, then software. Idempotent: an agent that did not hear the answer sends the
 * same results again, alone or with the next ones. When this throws, nothing counts as reported, and the agent keeps its results.
 *
 * Software results that are byte for byte those of this agent's last report, while the host's software is what that report led to, are
 * not even parsed (report-memory.ts).
 */
export async function takeResults(
  deps: OsqueryDeps & OsqueryMemories,
  session: NodeSession,
  write: ReceivedWrite,
  publicIp: string,
): Promise<void> {
  const taken = writeResults(write.body);
  count(deps.metrics, taken);
  await takeLabelResults(deps.devices.db, session, write.body);
  const asked = write.scanned?.softwareQueries ?? 0;
  if (taken.results.size + asked === 0) return;
  const details = detailsOfResults(taken.results);
  const platform = details.platform ?? session.platform;
  const version = details.osquery_version ?? session.agent_version;
  if (version !== session.agent_version) await noteAgentVersion(deps.devices, session, version);
  await deps.repeatedDetails.update(deps.devices, session, { ...details, public_ip: publicIp });
  const reported = await takeSoftware(deps, session, write, taken, platform);
  if (!isFull(session, platform, reported)) return;
  const answersRefetch = taken.results.has(REFETCH_MARKER);
  const now = deps.now();
  deps.handedOut.mark(session.host_id, batchName({ platform: session.platform, refetch_requested: answersRefetch }), now);
  deps.seen.seen(session.host_id, { reported: true, agent: session.agent });
  deps.sessions.reported(session, now);
  if (answersRefetch) await completeRefetch(deps.devices, session.host_id);
}

/** What a repeated report is known by: its bytes, and all else that decides what they mean. */
export function reportDigest(
  scanned: Pick<ScannedWrite, "softwareDigest">,
  platform: string,
  session: Pick<NodeSession, "muster_reports">,
): string {
  return `${scanned.softwareDigest} ${platform} ${session.muster_reports}`;
}

/** @returns whether the write had anything to say about software */
async function takeSoftware(
  deps: OsqueryDeps & OsqueryMemories,
  session: NodeSession,
  { scanned, whole }: ReceivedWrite,
  parsed: WriteResults,
  platform: string,
): Promise<boolean> {
  if (scanned?.softwareQueries === 0) return false;
  const digest = scanned === null ? null : reportDigest(scanned, platform, session);
  const repeated = digest === null ? null : deps.reports.repeated(session, digest);
  if (repeated !== null) {
    deps.ingest.metrics.reportRepeated(repeated.rows);
    return true;
  }
  const mark = deps.reports.mark();
  const results = scanned === null ? parsed.results : (scannedResults(scanned, deps.rows) ?? writeResults(whole()).results);
  const reports = softwareReports(results, platform).filter(
    (report) => !(session.muster_reports && isMusterAgentSource(platformFamily(platform), report.source)),
  );
  if (reports.length === 0) return false;
  const { sequence } = await ingestReport(deps.ingest, session.host_id, reports);
  if (digest !== null && reports.every((report) => report.ok)) {
    const rows = reports.reduce((sum, report) => sum + (report.ok ? report.entries.length : 0), 0);
    deps.reports.remember(session, { digest, sequence, rows, answer: "{}" }, mark);
  }
  return true;
}

/**
 * Was this the host's whole report? A host whose platform was unknown was asked for its details alone, and its software is asked
 * next; but one whose platform stays unknown is done, or it would be asked again at every poll.
 */
function isFull(session: NodeSession, platform: string, reported: boolean): boolean {
  return reported || platformFamily(session.platform) !== null || platformFamily(platform) === null;
}

function count(metrics: Metrics, taken: WriteResults): void {
  const failed = metrics.counter("muster_osquery_query_failures_total", "Queries that failed on a device, by query.", ["query"]);
  for (const [query, result] of taken.results) if (!result.ok) failed.inc({ query });
  if (taken.unknown === 0) return;
  const unknown = metrics.counter("muster_osquery_unknown_results_total", "Results of queries that Muster never hands out.");
  unknown.inc(taken.unknown);
}
