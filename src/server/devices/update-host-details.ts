import type { DevicesDeps } from "./deps.ts";
import { hostDetailsUpdate, hostOperatingSystemFacts } from "./host-details-store.ts";
import { cleanFacts, lastingColumns, volatileColumns } from "./host-facts.ts";
import type { HostColumns, HostFacts } from "./host-facts.ts";
import { operatingSystemId } from "./operating-system-store.ts";

type DetailsDeps = Pick<DevicesDeps, "db" | "now">;

/**
 * Records what an agent reports about its host: call it once a report, with all facts of that report. Facts that are absent stay as
 * they are. Nothing is written when nothing worth a write changed (host-details-store.ts). `os_name` and `os_version` together name the
 * operating system; `arch` and `kernel_version` that are not given stay while name and version do.
 *
 * @returns whether anything was written
 */
export async function updateHostDetails(deps: DetailsDeps, hostId: number, reported: Partial<HostFacts>): Promise<boolean> {
  const facts = cleanFacts(reported);
  const lasting: HostColumns = { ...lastingColumns(facts), ...(await operatingSystemColumn(deps, hostId, facts)) };
  return hostDetailsUpdate(deps.db, hostId, {
    lasting,
    volatile: volatileColumns(facts),
    uptime_seconds: facts.uptime_seconds ?? null,
    now: deps.now(),
  });
}

async function operatingSystemColumn(deps: DetailsDeps, hostId: number, facts: Partial<HostFacts>): Promise<HostColumns> {
  const { os_name: name, os_version: version } = facts;
  if (name === undefined || version === undefined || name === "") return await unnamedSystem(deps, hostId, facts);
  const known = isComplete(facts) ? undefined : await hostOperatingSystemFacts(deps.db, hostId);
  const same = known?.name === name && known.version === version;
  const os = {
    name,
    version,
    platform: facts.platform ?? known?.platform ?? "",
    arch: facts.arch ?? (same ? known.arch : null) ?? "",
    kernel_version: facts.kernel_version ?? (same ? known.kernel_version : null) ?? "",
  };
  return { operating_system_id: await operatingSystemId(deps.db, os) };
}

/** What people call the systems of these platforms. */
const SYSTEM_NAMES: Readonly<Record<string, string>> = { darwin: "macOS", windows: "Windows", chrome: "ChromeOS" };

/**
 * A report that tells the platform, but not both name and version of its system (an adapter leaves out what is empty): unless a system is
 * known, the host gets the one that it names, or its platform's, without a version. What its software is to vulnerability feeds depends on
 * the platform at least.
 */
async function unnamedSystem(deps: DetailsDeps, hostId: number, facts: Partial<HostFacts>): Promise<HostColumns> {
  const { platform = "", os_name = "", os_version = "", arch = "", kernel_version = "" } = facts;
  if (platform === "") return {};
  const known = await hostOperatingSystemFacts(deps.db, hostId);
  if ((known?.name ?? "") !== "") return {};
  const os = { name: os_name || (SYSTEM_NAMES[platform] ?? platform), version: os_version, platform, arch, kernel_version };
  return { operating_system_id: await operatingSystemId(deps.db, os) };
}

function isComplete(facts: Partial<HostFacts>): boolean {
  return facts.platform !== undefined && facts.arch !== undefined && facts.kernel_version !== undefined;
}
