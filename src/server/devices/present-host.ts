import { hostDisplayName } from "#domain/devices/display-name.ts";
import type { Host } from "#protocol/rest/hosts.ts";
import type { HostRow } from "./host-list-store.ts";

/** A host as REST shows it. */
export function presentHost(row: HostRow): Host {
  const displayName = hostDisplayName(row);
  return {
    ...presentTimes(row),
    ...presentFacts(row),
    id: row.id,
    refetch_requested: row.refetch_requested,
    display_name: displayName,
    display_text: displayName,
    os_version_id: row.os_version_id,
    status: row.online ? "online" : "offline",
    software_count: row.software_count,
    fleet_desktop_version: null,
    scripts_enabled: null,
    team_id: null,
    team_name: null,
    fleet_id: null,
    fleet_name: null,
  };
}

type TimeField = Extract<keyof Host, `${string}_at` | "seen_time" | "uptime" | "refetch_critical_queries_until">;

function presentTimes(row: HostRow): Pick<Host, TimeField> {
  // an unchanged report is not written to the host's row, but the details were still confirmed by it
  const detailAt = later(row.detail_updated_at, row.detail_updated_at === null ? null : row.reported_at);
  return {
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    last_enrolled_at: row.last_enrolled_at.toISOString(),
    seen_time: (row.seen_time ?? row.last_enrolled_at).toISOString(),
    detail_updated_at: detailAt?.toISOString() ?? null,
    software_updated_at: row.software_updated_at?.toISOString() ?? null,
    label_updated_at: null,
    policy_updated_at: null,
    last_restarted_at: row.last_restarted_at?.toISOString() ?? null,
    refetch_critical_queries_until: null,
    uptime: uptimeNanoseconds(row.last_restarted_at, detailAt),
  };
}

/** Uptime as of the last report, from the start time: the start is stored once, uptime itself would cost a write a report. */
function uptimeNanoseconds(restartedAt: Date | null, reportedAt: Date | null): number {
  if (restartedAt === null || reportedAt === null) return 0;
  return Math.max(0, Math.round((reportedAt.getTime() - restartedAt.getTime()) / 1000)) * 1e9;
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

const FACTS = [
  "hostname",
  "computer_name",
  "uuid",
  "hardware_serial",
  "hardware_vendor",
  "hardware_model",
  "hardware_version",
  "platform",
  "platform_like",
  "os_version",
  "build",
  "code_name",
  "osquery_version",
  "orbit_version",
  "muster_version",
  "cpu_type",
  "cpu_subtype",
  "cpu_brand",
  "cpu_physical_cores",
  "cpu_logical_cores",
  "memory",
  "public_ip",
  "primary_ip",
  "primary_mac",
  "distributed_interval",
  "config_tls_refresh",
  "logger_tls_period",
  "gigs_disk_space_available",
  "percent_disk_space_available",
  "gigs_total_disk_space",
  "timezone",
] as const satisfies readonly (keyof Host & keyof HostRow)[];
type Fact = (typeof FACTS)[number];

function presentFacts(row: HostRow): Pick<Host, Fact> {
  return Object.fromEntries(FACTS.map((name) => [name, row[name]])) as Pick<Host, Fact>;
}
