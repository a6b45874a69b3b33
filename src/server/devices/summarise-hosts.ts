import { platformFamily } from "#domain/software/sources.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { hostSummary } from "#protocol/rest/host-summary.ts";
import { builtinLabels } from "../labels/labels-of-hosts.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostCountsByPlatform } from "./host-summary-store.ts";
import type { PlatformCounts } from "./host-summary-store.ts";

export interface SummaryQuery {
  platform?: string;
  label_id?: number;
  /** Gigabytes: hosts with less free space are counted as low. */
  low_disk_space?: number;
}

/** Counts hosts by platform and status, from one read: the figures belong together and each equals what its filter lists. */
export async function summariseHosts(
  deps: Pick<DevicesDeps, "replica" | "now">,
  query: SummaryQuery,
): Promise<EndpointResult<typeof hostSummary>> {
  const filter = {
    ...(query.platform === undefined ? {} : { platform: query.platform }),
    ...(query.label_id === undefined ? {} : { label_id: query.label_id }),
  };
  const counts = await hostCountsByPlatform(deps.replica, filter, query.low_disk_space ?? 0, deps.now());
  const linux = counts.filter((c) => platformFamily(c.platform) === "linux");
  const missing = sum(counts, "missing");
  return {
    totals_hosts_count: sum(counts, "total"),
    online_count: sum(counts, "online"),
    offline_count: sum(counts, "total") - sum(counts, "online"),
    mia_count: missing,
    missing_30_days_count: missing,
    new_count: sum(counts, "fresh"),
    all_linux_count: sum(linux, "total"),
    low_disk_space_count: query.low_disk_space === undefined ? null : sum(counts, "low_disk"),
    platforms: counts.map((c) => ({ platform: c.platform, hosts_count: c.total })),
    builtin_labels: await builtinLabels(deps.replica),
  };
}

function sum(counts: PlatformCounts[], field: Exclude<keyof PlatformCounts, "platform">): number {
  return counts.reduce((total, c) => total + c[field], 0);
}
