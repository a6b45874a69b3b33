import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { Page } from "../../http/paging.ts";
import { applyKeyset } from "../../http/paging.ts";

/** When a subject began or ceased to have a vulnerability. */
export interface FindingEvent {
  at: Date;
  type: "opened" | "closed";
  reason: "removed" | "feed" | "identity" | null;
  software_id: number | null;
  os_version_id: number | null;
  name: string;
  version: string;
  source: string;
}

/**
 * Events of one vulnerability: findings that are open began once, closed ones began and ended. The software of a finding that was
 * closed long ago may be gone from the catalogue; its name is empty then.
 */
export async function findingEvents(db: Database, vulnerabilityId: number, page: Page) {
  const events = sql<FindingEvent & { id: number }>`(
    SELECT f.opened_at AS at, 'opened' AS type, NULL::text AS reason, ms.software_id, ms.operating_system_id, ms.id AS id
      FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id WHERE f.vulnerability_id = ${vulnerabilityId}
    UNION ALL SELECT c.opened_at, 'opened', NULL, c.software_id, c.operating_system_id, -2 * c.id
      FROM closed_findings c WHERE c.vulnerability_id = ${vulnerabilityId}
    UNION ALL SELECT c.closed_at, 'closed', c.reason, c.software_id, c.operating_system_id, -2 * c.id - 1
      FROM closed_findings c WHERE c.vulnerability_id = ${vulnerabilityId})`;
  const query = db
    .selectFrom(events.as("x"))
    .leftJoin("software as s", "s.id", sql`x.software_id` as never)
    .leftJoin("operating_systems as o", "o.id", sql`x.operating_system_id` as never)
    .select(["x.at", "x.type", "x.reason", "x.software_id"])
    .select(sql<number | null>`x.operating_system_id`.as("os_version_id"))
    .select(sql<string>`coalesce(s.name, o.name, '')`.as("name"))
    .select(sql<string>`coalesce(s.version, o.version, '')`.as("version"))
    .select(
      sql<string>`CASE WHEN x.operating_system_id IS NULL THEN coalesce(s.source, '') ELSE 'operating_systems' END`.as("source"),
    );
  return await applyKeyset(query, sql`x.at`, sql`x.id`, page, { nullable: false }).execute();
}
