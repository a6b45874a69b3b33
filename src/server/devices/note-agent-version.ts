import type { NodeSession } from "./authenticate-node.ts";
import type { DevicesDeps } from "./deps.ts";
import { enrollmentVersionSet } from "./enrollment-store.ts";
import { updateHostDetails } from "./update-host-details.ts";

/** Records that an agent was updated; call it when an agent names another version than its session. */
export async function noteAgentVersion(
  deps: Pick<DevicesDeps, "db" | "now">,
  session: Pick<NodeSession, "host_id" | "agent">,
  version: string,
): Promise<void> {
  await enrollmentVersionSet(deps.db, session.host_id, session.agent, version);
  await updateHostDetails(deps, session.host_id, { [`${session.agent}_version`]: version });
}
