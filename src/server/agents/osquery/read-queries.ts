import { BoundedMap } from "#domain/core/bounded-map.ts";
import { platformFamily } from "#domain/software/sources.ts";
import type { OsqueryReadResponse } from "#protocol/osquery/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { isReportDue } from "../../devices/report-schedule.ts";
import type { HandedOut } from "./handed-out.ts";
import { readResponse } from "./queries/batch.ts";

/** Is there certainly nothing to tell this host? True also of a session from memory: whatever makes a report due earlier drops it there. */
export function isNothingDue(deps: { intervalSeconds: number; now: () => Date }, session: NodeSession): boolean {
  return !isReportDue({ ...session, intervalSeconds: deps.intervalSeconds, now: deps.now() });
}

/**
 * What a polling agent is told: nothing, unless the host's report is due. Costs no database access of its own: the session,
 * read for this call, has all it needs.
 */
export function readQueries(deps: HandOutDeps, session: NodeSession): OsqueryReadResponse {
  return isHandedOut(deps, session) ? readResponse(session) : {};
}

/** Batches as the bytes of an answer: they differ only by what {@link batchBytes} names, and making one takes longer than sending it. */
const batches = new BoundedMap<string, Buffer>(500);
const NOTHING = Buffer.from("{}");

/** {@link readQueries} as the bytes of the answer. */
export function readBytes(deps: HandOutDeps, session: NodeSession): Buffer {
  return isHandedOut(deps, session) ? batchBytes(session) : NOTHING;
}

function batchBytes(session: NodeSession): Buffer {
  const { osquery_version, muster_reports, refetch_requested } = session;
  const key = JSON.stringify([platformFamily(session.platform), osquery_version, muster_reports, refetch_requested]);
  const known = batches.get(key);
  if (known !== undefined) return known;
  const bytes = Buffer.from(JSON.stringify(readResponse(session)));
  batches.set(key, bytes);
  return bytes;
}

interface HandOutDeps {
  intervalSeconds: number;
  now: () => Date;
  handedOut: HandedOut;
}

/** Is the host given its batch now? Notes that it was. */
function isHandedOut(deps: HandOutDeps, session: NodeSession): boolean {
  const now = deps.now();
  if (!isReportDue({ ...session, intervalSeconds: deps.intervalSeconds, now })) return false;
  const batch = batchName(session);
  if (deps.intervalSeconds > 0 && !deps.handedOut.allows(session.host_id, batch, session.reported_at, now)) return false;
  deps.handedOut.mark(session.host_id, batch, now);
  return true;
}

/**
 * What tells one batch from another. The details of an unknown host and the full set of a known one are two: the second follows the
 * first at once. So is a refetch: it does not wait for the batch before it.
 */
export function batchName(session: Pick<NodeSession, "platform" | "refetch_requested">): string {
  return `${platformFamily(session.platform) ?? "details"}${session.refetch_requested ? " refetch" : ""}`;
}
