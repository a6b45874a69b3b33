import { hostDisplayName } from "#domain/devices/display-name.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { previewLabel as endpoint } from "#protocol/rest/labels.ts";
import type { LabelsDeps } from "./deps.ts";
import { evaluateHosts } from "./evaluate-hosts.ts";
import { hostIdsAfter, hostsShown } from "./host-vitals-store.ts";
import { criteriaOf } from "./write-label.ts";

const HOSTS_PER_READ = 2000;
const HOSTS_SHOWN = 10;
/** Who edits a rule waits for this; a larger fleet is counted in part. */
const PREVIEW_MS_MAX = 2000;
/** Stands for a label that does not exist. */
const NO_LABEL = 0;

/**
 * Which hosts criteria would find, without storing anything: looks through the hosts by id until all were seen or two seconds are over.
 *
 * @throws {HttpError} 422 for criteria that are none.
 */
export async function previewLabel(deps: Pick<LabelsDeps, "replica">, value: unknown): Promise<EndpointResult<typeof endpoint>> {
  const criteria = criteriaOf(value);
  const deadline = performance.now() + PREVIEW_MS_MAX;
  const shown: number[] = [];
  let [count, examined, last] = [0, 0, 0];
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- page by page, so that the fleet is never in memory
    const hostIds = await hostIdsAfter(deps.replica, last, HOSTS_PER_READ);
    // oxlint-disable-next-line no-await-in-loop
    const members = await evaluateHosts(deps.replica, hostIds, [{ id: NO_LABEL, criteria }]);
    count += members.length;
    examined += hostIds.length;
    last = hostIds.at(-1) ?? last;
    shown.push(...members.slice(0, HOSTS_SHOWN - shown.length).map((member) => member.host_id));
    const complete = hostIds.length < HOSTS_PER_READ;
    if (complete || performance.now() > deadline) {
      // oxlint-disable-next-line no-await-in-loop -- the last round
      const hosts = await hostsShown(deps.replica, shown);
      return { count, hosts_examined: examined, complete, hosts: hosts.map(presentShown) };
    }
  }
}

function presentShown(host: { id: number; hostname: string; computer_name: string; platform: string; os_version: string }) {
  return { id: host.id, display_name: hostDisplayName(host), platform: host.platform, os_version: host.os_version };
}
