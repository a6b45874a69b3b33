import type { IncomingMessage } from "node:http";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import type { HostFacts } from "../../devices/host-facts.ts";
import { callerAddress } from "../../http/caller-address.ts";
import type { RememberedReport } from "../report-memory.ts";
import { checkWrite } from "./check-write.ts";
import { nodeKeyOf } from "./node-key-of.ts";
import { REFETCH_MARKER } from "./queries/query.ts";
import type { QuickDeps } from "./quick-calls.ts";
import { batchName } from "./read-queries.ts";
import { type ScannedWrite, scanWrite } from "./scan-write.ts";
import { reportDigest } from "./take-results.ts";
import { detailsOfResults } from "./translate/details.ts";
import { writeResults } from "./translate/results.ts";

/** A write of which nothing failed and nothing is for anybody but the inventory. */
interface PlainWrite {
  key: string | undefined;
  scanned: ScannedWrite;
  details: Partial<HostFacts>;
}

/**
 * Takes a write that says what the host's last one said, facts and software alike; null for every other, of which nothing was done. What was
 * found in its bytes is kept for the plugin, so that no body is scanned twice.
 */
export async function quickWrite(deps: QuickDeps, body: Buffer, request: IncomingMessage): Promise<string | null> {
  const scanned = scanWrite(body);
  if (scanned === null) return null;
  deps.scans.set(request, scanned);
  const write = plainWrite(scanned, request);
  if (write === null || write.key === undefined) return null;
  // memory decides whether a read is worth while, the database whether it is so
  const kept = deps.sessions.kept(write.key);
  if (kept === null || repeatedReport(deps, kept, write) === null) return null;
  const session = await deps.sessions.read(write.key);
  const repeated = session === null ? null : repeatedReport(deps, session, write);
  if (session === null || repeated === null) return null;
  const now = deps.now();
  if (!deps.repeatedDetails.isRepeated(session, write.details, now)) return null;
  deps.ingest.metrics.reportRepeated(repeated.rows);
  deps.handedOut.mark(session.host_id, batchName({ platform: session.platform, refetch_requested: false }), now);
  deps.seen.seen(session.host_id, { reported: true, agent: session.agent });
  deps.sessions.reported(session, now);
  return repeated.answer;
}

function plainWrite(scanned: ScannedWrite, request: IncomingMessage): PlainWrite | null {
  const rest = checkWrite(scanned.rest);
  const { results, unknown } = writeResults(rest);
  const public_ip = callerAddress(request);
  const isPlain = unknown === 0 && scanned.softwareQueries > 0 && !results.has(REFETCH_MARKER);
  if (!isPlain || public_ip === null || [...results.values()].some((result) => !result.ok)) return null;
  const details = { ...detailsOfResults(results), public_ip };
  return { key: nodeKeyOf(rest, request.headers.authorization), scanned, details };
}

function repeatedReport(deps: QuickDeps, session: NodeSession, { scanned, details }: PlainWrite): RememberedReport | null {
  const version = details.osquery_version ?? session.agent_version;
  if (session.agent !== "osquery" || version !== session.agent_version) return null;
  return deps.reports.repeated(session, reportDigest(scanned, details.platform ?? session.platform, session));
}
