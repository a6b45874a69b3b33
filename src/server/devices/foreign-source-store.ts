import { sql } from "kysely";
import { SOURCES } from "#domain/software/sources.ts";
import type { Database } from "../database/tables.ts";
import { platformConditions } from "./host-filter-store.ts";

/**
 * Hosts that still hold software of sources which their platform does not have: what a machine held before it was re-imaged with another
 * system. Reads every source of every host: for a job, not for a page.
 */
export async function hostsWithForeignSources(db: Database, limit: number): Promise<{ host_id: number; sources: string[] }[]> {
  const families = ["linux", "darwin", "windows", "chrome"] as const;
  const foreign = families.map((family) => {
    const sources = SOURCES.filter((source) => !source.platforms.includes(family)).map((source) => source.source);
    return sql`(${sql.join(platformConditions(family, sql`h.platform`))} and s.source = any(${sources}::text[]))`;
  });
  const { rows } = await sql<{ host_id: number; sources: string[] }>`
    select s.host_id, array_agg(s.source) as sources
    from host_software_sources s join hosts h on h.id = s.host_id
    where s.rows_count > 0 and (${sql.join(foreign, sql` or `)})
    group by s.host_id order by s.host_id limit ${limit}`.execute(db);
  return rows;
}
