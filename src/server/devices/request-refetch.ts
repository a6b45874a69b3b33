import { notFound } from "../http/errors.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostRefetchClear, hostRefetchSet } from "./refetch-store.ts";

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
