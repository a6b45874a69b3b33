import { hostExpirySettings } from "../settings/config.ts";
import { deleteHosts } from "./delete-hosts.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostIdsSilentSince } from "./expiry-store.ts";

const HOSTS_PER_READ = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Deletes the hosts that were not seen for longer than the host expiry window, when host expiry is on (Fleet's rule: the days since a
 * host's last sign of life, of any agent; an enrolment is one). Returns how many went.
 */
export async function expireHosts(deps: Pick<DevicesDeps, "db" | "signals" | "now">, signal?: AbortSignal): Promise<number> {
  let expired = 0;
  while (signal?.aborted !== true) {
    // read each time: whoever switches it off stops a run
    // oxlint-disable-next-line no-await-in-loop
    const settings = await hostExpirySettings(deps.db);
    if (!settings.host_expiry_enabled) break;
    const since = new Date(deps.now().getTime() - settings.host_expiry_window * DAY_MS);
    // oxlint-disable-next-line no-await-in-loop
    const hostIds = await hostIdsSilentSince(deps.db, since, HOSTS_PER_READ);
    if (hostIds.length === 0) break;
    // oxlint-disable-next-line no-await-in-loop
    expired += await deleteHosts(deps, hostIds, null, "expired_host");
  }
  return expired;
}
