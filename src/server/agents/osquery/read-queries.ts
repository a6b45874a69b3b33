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
export function readQueries(
  deps: { intervalSeconds: number; now: () => Date; handedOut: HandedOut },
  session: NodeSession,
): OsqueryReadResponse {
  const now = deps.now();
  if (!isReportDue({ ...session, intervalSeconds: deps.intervalSeconds, now })) return {};
  const batch = batchName(session);
  if (deps.intervalSeconds > 0 && !deps.handedOut.allows(session.host_id, batch, session.reported_at, now)) return {};
  deps.handedOut.mark(session.host_id, batch, now);
  return readResponse(session);
}

/**
 * What tells one batch from another. The details of an unknown host and the full set of a known one are two: the second follows the
 * first at once. So is a refetch: it does not wait for the batch before it.
 */
export function batchName(session: Pick<NodeSession, "platform" | "refetch_requested">): string {
  return `${platformFamily(session.platform) ?? "details"}${session.refetch_requested ? " refetch" : ""}`;
}
