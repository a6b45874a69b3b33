import { sql } from "kysely";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { filteredHosts } from "./host-filter-store.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { isMissing, isNew, isOnline } from "./host-status-store.ts";

export interface PlatformCounts {
  platform: string;
  total: number;
  online: number;
  missing: number;
  fresh: number;
  low_disk: number;
}

/** Hosts of each platform (osquery's word), and how many of them are in each state; most common platform first. */
export async function hostCountsByPlatform(
  db: ReadonlyDatabase,
  filter: HostFilter,
  lowDiskGigabytes: number,
  now: Date,
): Promise<PlatformCounts[]> {
  return filteredHosts(db, filter, now)
    .groupBy("h.platform")
    .select("h.platform")
    .select(sql<number>`count(*)`.as("total"))
    .select(sql<number>`count(*) filter (where ${isOnline(now)})`.as("online"))
    .select(sql<number>`count(*) filter (where ${isMissing(now)})`.as("missing"))
    .select(sql<number>`count(*) filter (where ${isNew(now)})`.as("fresh"))
    .select(
      // a total of 0 means that the disk was never reported
      sql<number>`count(*) filter (where h.gigs_total_disk_space > 0 and h.gigs_disk_space_available < ${lowDiskGigabytes})`.as(
        "low_disk",
      ),
    )
    .orderBy(sql`count(*)`, "desc")
    .orderBy("h.platform")
    .execute();
}
