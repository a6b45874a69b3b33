import type { OsqueryEnrollRequest, OsqueryEnrollResponse } from "#protocol/osquery/messages.ts";
import { enrollHost } from "../../devices/enroll-host.ts";
import { updateHostDetails } from "../../devices/update-host-details.ts";
import type { OsqueryDeps } from "./deps.ts";
import { detailsOfTables } from "./translate/details.ts";
import { text } from "./translate/results.ts";

/**
 * Enrols an osquery agent. What it says about its host is recorded at once: with the platform known, the first poll already asks
 * for the software.
 *
 * @throws {HttpError} 401 for a wrong secret.
 */
export async function enroll(
  deps: OsqueryDeps,
  body: OsqueryEnrollRequest,
  publicIp: string,
): Promise<OsqueryEnrollResponse & { host_id: number }> {
  const { system_info = {}, osquery_info = {} } = body.host_details ?? {};
  const details = detailsOfTables(body.host_details ?? {});
  const enrolled = await enrollHost(deps.devices, {
    agent: "osquery",
    // packagers leave a line feed at the end of the secret's file
    enroll_secret: (body.enroll_secret ?? "").trim(),
    identifier: body.host_identifier,
    hardware: {
      uuid: text(system_info, "uuid") || text(osquery_info, "uuid"),
      hardware_serial: text(system_info, "hardware_serial"),
      hostname: text(system_info, "hostname"),
      instance_id: text(osquery_info, "instance_id"),
    },
    agent_version: details.osquery_version ?? "",
    platform: details.platform ?? "",
    public_ip: publicIp,
  });
  if (Object.keys(details).length > 0) await updateHostDetails(deps.devices, enrolled.host_id, details);
  return enrolled;
}
