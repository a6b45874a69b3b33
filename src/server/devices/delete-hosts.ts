import { hostDisplayName } from "#domain/devices/display-name.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { notFound } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import { removeHostSoftware } from "../inventory/remove-host-software.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostForDeletion, hostRemove } from "./host-detail-store.ts";
import { HOST_CHANNEL } from "./request-refetch.ts";

type DeleteDeps = Pick<DevicesDeps, "db" | "signals">;

/**
 * Forgets a host: facts, software, history and keys, in one transaction. An agent that still runs there is told so at its next call (a held
 * poll at once) and may enrol again, as a new host.
 *
 * @throws {HttpError} 404 when there is no such host.
 */
export async function deleteHost(deps: DeleteDeps, hostId: number, actor: Caller | null): Promise<void> {
  if (!(await removeHost(deps, hostId, actor))) throw notFound("id", `There is no host ${hostId}.`);
}

/**
 * Forgets several hosts, each in a transaction of its own: a long list neither holds locks for long nor fails as a whole. Hosts that do not
 * exist count as deleted, so a repeated call succeeds.
 */
export async function deleteHosts(deps: DeleteDeps, hostIds: number[], actor: Caller | null): Promise<void> {
  for (const hostId of new Set(hostIds)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a call never takes more than one connection
    await removeHost(deps, hostId, actor);
  }
}

async function removeHost(deps: DeleteDeps, hostId: number, actor: Caller | null): Promise<boolean> {
  return deps.db.transaction().execute(async (tx) => {
    const host = await hostForDeletion(tx, hostId);
    if (host === undefined) return false;
    await removeHostSoftware(tx, hostId);
    await hostRemove(tx, hostId);
    const details = { host_id: hostId, host_display_name: hostDisplayName(host), host_serial: host.hardware_serial };
    await recordActivity(tx, { type: "deleted_host", actor, details });
    await deps.signals.publish(HOST_CHANNEL, String(hostId), tx);
    return true;
  });
}
