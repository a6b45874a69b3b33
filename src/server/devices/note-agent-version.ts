import { cleanText } from "#domain/core/text.ts";
import type { NodeSession } from "./authenticate-node.ts";
import type { DevicesDeps } from "./deps.ts";
import { AGENT_VERSION_LENGTH_MAX } from "./enrollee.ts";
import { enrollmentVersionSet } from "./enrollment-store.ts";
import { updateHostDetails } from "./update-host-details.ts";

/** Records the version that an agent names, when it is another than its session knows: the agent was updated. */
export async function noteAgentVersion(
  deps: Pick<DevicesDeps, "db" | "now">,
  session: Pick<NodeSession, "host_id" | "agent" | "agent_version">,
  reported: string,
): Promise<void> {
  const version = cleanText(reported, AGENT_VERSION_LENGTH_MAX);
  if (version === session.agent_version) return;
  await enrollmentVersionSet(deps.db, session.host_id, session.agent, version);
  await updateHostDetails(deps, session.host_id, { [`${session.agent}_version`]: version });
}
