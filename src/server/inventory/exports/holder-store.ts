import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import { notOpenedOnHost } from "../history/opening-store.ts";
import { pastLinks } from "../history/history-store.ts";
import { hostSoftwareConditions, type HostSoftwareFilter } from "../host-software-list-store.ts";

/** One software on one host, as exports show it. */
export interface HeldSoftware {
  host_id: number;
  software_id: number;
  software_title_id: number;
  title: string;
  name: string;
  version: string;
  release: string;
  arch: string;
  vendor: string;
  source: string;
  extension_for: string;
  extension_id: string;
  bundle_identifier: string;
  application_id: string;
  upgrade_code: string;
  installed_at: Date;
  installed_by: string | null;
  last_opened_at: Date | null;
  installed_paths: string[] | null;
}

/** Which software on the hosts is meant. */
export interface HeldFilter extends HostSoftwareFilter {
  softwareId?: number;
  titleId?: number;
}

const COLUMNS = [
  "s.name",
  "s.version",
  "s.release",
  "s.arch",
  "s.vendor",
  "s.source",
  "s.extension_for",
  "s.extension_id",
  "s.bundle_identifier",
  "s.application_id",
  "s.upgrade_code",
] as const;

/** The software of some hosts, by host and name. Openings and moments of the past are asked of one host alone. */
export function heldSoftwareQuery(db: Database, hostIds: number[], filter: HeldFilter) {
  const [hostId = 0] = hostIds;
  const links =
    filter.asOf === undefined ? sql<HeldSoftware>`host_software` : sql<HeldSoftware>`${pastLinks(hostId, filter.asOf)}`;
  let query = db
    .selectFrom(links.as("hs"))
    .innerJoin("software as s", "s.id", "hs.software_id")
    .innerJoin("software_titles as st", "st.id", "s.title_id")
    .where("hs.host_id", "=", sql<number>`ANY (${hostIds}::bigint[])`);
  for (const condition of hostSoftwareConditions(filter)) query = query.where(condition);
  if (filter.notOpenedSince !== undefined) query = query.where(notOpenedOnHost(hostId, filter.notOpenedSince));
  if (filter.softwareId !== undefined) query = query.where("s.id", "=", filter.softwareId);
  if (filter.titleId !== undefined) query = query.where("s.title_id", "=", filter.titleId);
  return query
    .select(COLUMNS)
    .select(["hs.host_id", "hs.software_id", "hs.installed_by", "hs.last_opened_at", "hs.installed_paths"])
    .select(["s.title_id as software_title_id", "st.name as title", sql<Date>`hs.created_at`.as("installed_at")])
    .orderBy("hs.host_id")
    .orderBy(sql`lower(s.name)`)
    .orderBy("s.version")
    .orderBy("s.id");
}
