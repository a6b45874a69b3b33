import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { HOST_STATUSES } from "#protocol/rest/hosts.ts";

export type HostStatus = (typeof HOST_STATUSES)[number];

/** Grace on top of a host's poll interval, and the interval of a host that has not told its own (reference osquery-remote.md §11). */
const GRACE_SECONDS = 60;
const DEFAULT_INTERVAL_SECONDS = 60;
/** How long Muster's own agent may stay silent within one held poll. */
const MUSTER_POLL_SECONDS = 60;
const MISSING_DAYS = 30;
const NEW_HOURS = 24;

/** Reckoned here and not by the database, which would reckon it again for every host. */
function before(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}

/**
 * SQL that is true for an online host: seen within min(distributed_interval, config_tls_refresh) + 60 s. Intervals that are unknown (0) do not
 * count; a host with Muster's agent is allowed at least that agent's poll. Expects `hosts as h` and `host_seen_times as s`; this is the
 * one place that says what online means.
 */
export function isOnline(now: Date): RawBuilder<boolean> {
  return sql<boolean>`coalesce(s.seen_time >= ${before(now, GRACE_SECONDS)}::timestamptz - interval '1 s' * greatest(
    coalesce(least(nullif(h.distributed_interval, 0), nullif(h.config_tls_refresh, 0)), ${sql.lit(DEFAULT_INTERVAL_SECONDS)}),
    case when h.muster_version is null then 0 else ${sql.lit(MUSTER_POLL_SECONDS)} end), false)`;
}

/** SQL that is true for a host that was not seen for 30 days: `mia` and `missing` mean the same. */
export function isMissing(now: Date): RawBuilder<boolean> {
  return sql<boolean>`coalesce(s.seen_time < ${before(now, MISSING_DAYS * 86_400)}::timestamptz, true)`;
}

/** SQL that is true for a host that enrolled first within the last 24 hours. */
export function isNew(now: Date): RawBuilder<boolean> {
  return sql<boolean>`h.created_at >= ${before(now, NEW_HOURS * 3600)}::timestamptz`;
}

/**
 * SQL that is true for hosts of a status. Every host is online or offline; missing hosts are offline too, and new ones may be either
 * (as Fleet has it).
 */
export function hasStatus(status: HostStatus, now: Date): RawBuilder<boolean> {
  if (status === "online") return isOnline(now);
  if (status === "offline") return sql<boolean>`not ${isOnline(now)}`;
  return status === "new" ? isNew(now) : isMissing(now);
}
