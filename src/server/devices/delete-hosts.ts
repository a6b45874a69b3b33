import { hostDisplayName } from "#domain/devices/display-name.ts";
import type { ActivityType } from "#protocol/rest/activities.ts";
import { recordActivity } from "../activity/record-activity.ts";
import { isRetryable } from "../database/retry.ts";
import { notFound } from "../http/errors.ts";
import type { Caller } from "../http/route.ts";
import { CLEAR_FORGOTTEN_HOSTS } from "../inventory/jobs.ts";
import { forgetHostsSoftware } from "../inventory/remove-host-software.ts";
import { enqueueJob } from "../jobs/enqueue-job.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostsForDeletion, hostsRemove } from "./host-detail-store.ts";
import { HOST_CHANNEL } from "./request-refetch.ts";

type DeleteDeps = Pick<DevicesDeps, "db" | "signals">;

/** Hosts deleted by one transaction. */
const HOSTS_PER_TRANSACTION = 50;
const ATTEMPTS_MAX = 5;

/**
 * Deletes a host: its row, keys and labels go at once, and every count with them; what it held and had held is cleared away in the
 * background. An agent that still runs there is told so at its next call (a held poll at once) and may enrol again, as a new host.
 *
 * @throws {HttpError} 404 when there is no such host.
 */
export async function deleteHost(deps: DeleteDeps, hostId: number, actor: Caller | null): Promise<void> {
  if ((await deleteHosts(deps, [hostId], actor)) === 0) throw notFound("id", `There is no host ${hostId}.`);
}

/**
 * Deletes several hosts, in bounded transactions: a long list neither holds locks for long nor fails as a whole. Hosts that do not exist
 * count as deleted, so a repeated call succeeds. Returns how many there were.
 *
 * @param type what the audit trail calls it
 */
export async function deleteHosts(
  deps: DeleteDeps,
  hostIds: number[],
  actor: Caller | null,
  type: Extract<ActivityType, "deleted_host" | "expired_host"> = "deleted_host",
): Promise<number> {
  const unique = [...new Set(hostIds)].toSorted((a, b) => a - b);
  let deleted = 0;
  for (let start = 0; start < unique.length; start += HOSTS_PER_TRANSACTION) {
    const batch = unique.slice(start, start + HOSTS_PER_TRANSACTION);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a call never takes more than one connection
    deleted += await removeBatch(deps, batch, actor, type);
  }
  return deleted;
}

/**
 * Other writers of a host take its enrolment first and the host after it; a deletion goes the other way, by cascade. When both meet
 * crosswise PostgreSQL ends one of them; a deletion that was ended left nothing behind and starts over.
 */
async function removeBatch(deps: DeleteDeps, hostIds: number[], actor: Caller | null, type: ActivityType): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- a retry after a conflict
      return await deps.db.transaction().execute((tx) => removeHosts(deps, tx, hostIds, actor, type));
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || !isRetryable(error)) throw error;
    }
  }
}

async function removeHosts(
  deps: DeleteDeps,
  tx: DevicesDeps["db"],
  hostIds: number[],
  actor: Caller | null,
  type: ActivityType,
): Promise<number> {
  const hosts = await hostsForDeletion(tx, hostIds);
  const found = hosts.map((host) => host.id);
  await forgetHostsSoftware(tx, found);
  await hostsRemove(tx, found);
  for (const host of hosts) {
    const details = { host_id: host.id, host_display_name: hostDisplayName(host), host_serial: host.hardware_serial };
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    await recordActivity(tx, { type, actor, details });
    // oxlint-disable-next-line no-await-in-loop
    await deps.signals.publish(HOST_CHANNEL, String(host.id), tx);
  }
  if (hosts.length > 0) await enqueueJob(tx, CLEAR_FORGOTTEN_HOSTS, {}, { key: CLEAR_FORGOTTEN_HOSTS });
  return hosts.length;
}
