import { notFound } from "../http/errors.ts";
import type { DevicesDeps } from "./deps.ts";
import type { NodeSession } from "./authenticate-node.ts";
import { hostRefetchClear, hostRefetchSet, refetchSourcesRemove, refetchSourcesSet } from "./refetch-store.ts";

/** Signals of this channel carry the id of a host for which there is something to do: whoever holds its poll answers it. */
export const HOST_CHANNEL = "host";

/**
 * Asks a host for a full report now. The wish is stored with the host and stays until such a report was accepted, so that it survives lost
 * replies and restarts; the signal only wakes a poll that is held right now.
 *
 * @throws {HttpError} 404 when there is no such host.
 */
export async function requestRefetch(deps: Pick<DevicesDeps, "db" | "signals">, hostId: number): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if (!(await hostRefetchSet(tx, hostId))) throw notFound("id", `There is no host ${hostId}.`);
    await deps.signals.publish(HOST_CHANNEL, String(hostId), tx);
  });
}

/** Ends a host's refetch: call it when a full report, begun after the request was seen, has been accepted. */
export async function completeRefetch(deps: Pick<DevicesDeps, "db">, hostId: number): Promise<void> {
  await hostRefetchClear(deps.db, hostId);
}

type Refetching = Pick<NodeSession, "host_id" | "agent" | "refetch_sources">;

/**
 * Notes that an agent learnt of a refetch and which sources it will send for it; they may come in several calls
 * ({@link refetchSourcesArrived}). An agent without any source is done at once.
 */
export async function beginRefetch(deps: Pick<DevicesDeps, "db">, session: Refetching, sources: string[]): Promise<void> {
  if (sources.length === 0) await completeRefetch(deps, session.host_id);
  else await refetchSourcesSet(deps.db, session.host_id, session.agent, sources);
}

/** Notes that sources were reported and accepted; with the last one that the refetch waits for, the refetch is done. */
export async function refetchSourcesArrived(
  deps: Pick<DevicesDeps, "db">,
  session: Refetching,
  sources: string[],
): Promise<void> {
  if (session.refetch_sources === null) return;
  const left = await refetchSourcesRemove(deps.db, session.host_id, session.agent, sources);
  if (left === 0) await completeRefetch(deps, session.host_id);
}
