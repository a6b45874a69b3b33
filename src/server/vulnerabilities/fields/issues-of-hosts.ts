import type { Host } from "#protocol/rest/hosts.ts";
import type { Readable } from "../../database/read-rows.ts";
import { issuesOfHosts } from "../hosts/host-vulnerability-store.ts";

/** Fleet's `issues` of hosts. Policies do not exist yet. */
export async function issuesOf(
  db: Readable,
  hostIds: readonly number[],
): Promise<(hostId: number) => NonNullable<Host["issues"]>> {
  const counts = await issuesOfHosts(db, hostIds);
  return (hostId) => {
    const { vulnerabilities = 0, critical = 0 } = counts.get(hostId) ?? {};
    return {
      failing_policies_count: 0,
      critical_vulnerabilities_count: critical,
      vulnerabilities_count: vulnerabilities,
      total_issues_count: critical,
    };
  };
}
