import { createHash } from "node:crypto";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { reportIntervalSeconds } from "#domain/inventory/schedule.ts";
import type { CheckinRequest, CheckinResponse } from "#protocol/agent/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { noteAgentVersion } from "../../devices/note-agent-version.ts";
import { beginRefetch } from "../../devices/request-refetch.ts";
import type { RepeatedDetails } from "../../devices/repeated-details.ts";
import { ingestReport } from "../../inventory/ingest-report.ts";
import { hostSources } from "../../inventory/list-host-software.ts";
import { wantedSources } from "../../inventory/wanted-sources.ts";
import { refuseRepeatedSources } from "./convert-rows.ts";
import type { MusterAgentDeps } from "./deps.ts";

/** The digest of a source that holds nothing, for example of the packages of another distribution's package manager. */
const EMPTY_DIGEST = createHash("sha256").update(sourceDigestText([])).digest("hex");

/**
 * Takes an agent's check-in: its facts, its failed sources, and one digest for each other source; says which of them it wants in full. When it
 * wants none, the check-in was the whole report.
 */
export async function takeCheckin(
  deps: MusterAgentDeps & { repeatedDetails: RepeatedDetails },
  session: NodeSession,
  body: CheckinRequest,
  publicIp: string,
): Promise<CheckinResponse> {
  refuseRepeatedSources([...body.sources, ...body.failures]);
  const { host_id } = session;
  await noteAgentVersion(deps.devices, session, body.agent_version);
  if (body.host_details !== undefined) {
    await deps.repeatedDetails.update(deps.devices, session, {
      ...body.host_details,
      muster_version: body.agent_version,
      public_ip: publicIp,
    });
  }
  if (body.failures.length > 0) {
    await ingestReport(
      deps.ingest,
      host_id,
      body.failures.map(({ source, error }) => ({ source, ok: false, error })),
    );
  }
  const wanted = await wantedNow(deps, session, body.sources);
  if (session.refetch_requested) await beginRefetch(deps.devices, session, wanted);
  if (wanted.length === 0) {
    deps.seen.seen(host_id, { reported: true, agent: session.agent });
    deps.sessions.reported(session, deps.devices.now());
  }
  const { collection_etag } = session;
  return { wanted, interval_seconds: reportIntervalSeconds(host_id, deps.intervalSeconds), collection_etag };
}

/** A refetch wants everything; otherwise what differs, without sources that are empty and of which nothing is stored. */
async function wantedNow(deps: MusterAgentDeps, session: NodeSession, digests: CheckinRequest["sources"]): Promise<string[]> {
  if (session.refetch_requested) return digests.map((d) => d.source);
  const wanted = await wantedSources(deps.devices, session.host_id, digests);
  const empty = new Set(digests.filter((d) => d.digest === EMPTY_DIGEST).map((d) => d.source));
  if (!wanted.some((source) => empty.has(source))) return wanted;
  const stored = new Set((await hostSources(deps.devices, session.host_id)).map((s) => s.source));
  return wanted.filter((source) => stored.has(source) || !empty.has(source));
}
