import { sql, type Selectable } from "kysely";
import { containsPattern } from "../../database/like-pattern.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export interface FixFilter {
  query?: string;
  source?: string;
  os_scope?: string;
  known_exploited?: boolean;
  /** As it is for the hosts of a label, whose updates must be counted (`labelFixesCounted`). */
  label_id?: number;
}
export type FixOrderKey = "risk" | "hosts_count" | "vulnerabilities_count" | "known_exploited_count" | "priority";

function filteredFixes(db: Database, filter: FixFilter) {
  const { query, source, os_scope, known_exploited, label_id } = filter;
  const counts = label_id === undefined ? sql`fix_queue` : ofLabel(label_id);
  return (
    db
      .selectFrom(sql<Selectable<Tables["fix_queue"]>>`${counts}`.as("q"))
      .leftJoin("os_scopes as sc", "sc.id", "q.os_scope_id")
      // what is not counted yet is not told yet
      .where("q.hosts_count", ">", 0)
      .$if(query !== undefined && query !== "", (qb) => qb.where("q.name", "ilike", containsPattern(query ?? "")))
      .$if(source !== undefined, (qb) => qb.where("q.source", "=", source ?? ""))
      .$if(os_scope !== undefined, (qb) => qb.where("sc.name", "=", os_scope ?? ""))
      .$if(known_exploited === true, (qb) => qb.where("q.known_exploited_count", ">", 0))
  );
}

/** The queue with the numbers of a label in the place of the fleet's. */
function ofLabel(labelId: number) {
  return sql`(SELECT f.id, f.name, f.source, f.os_scope_id, f.software_title_id, f.source_package, f.operating_system, f.resolved_in_version,
      lf.risk, lf.hosts_count, lf.vulnerabilities_count, lf.known_exploited_count, f.software_count, lf.priority, f.cves
    FROM label_fixes lf JOIN fix_queue f ON f.id = lf.fix_id WHERE lf.label_id = ${labelId})`;
}

export async function fixQueueList(db: Database, filter: FixFilter, page: Page<FixOrderKey>) {
  const query = filteredFixes(db, filter)
    .select([
      "q.id",
      "q.name",
      "q.source",
      "q.software_title_id",
      "q.source_package",
      "q.operating_system",
      "q.resolved_in_version",
    ])
    .select([
      "q.risk",
      "q.hosts_count",
      "q.vulnerabilities_count",
      "q.known_exploited_count",
      "q.software_count",
      "q.priority",
      "q.cves",
    ])
    .select((eb) => eb.fn.coalesce("sc.name", sql<string>`''`).as("os_scope"));
  return applyKeyset(query, sql.ref(`q.${page.orderKey}`), sql.ref("q.id"), page, { nullable: false }).execute();
}

export async function fixQueueCount(db: Database, filter: FixFilter): Promise<number> {
  return (
    await filteredFixes(db, filter)
      .select(sql<number>`count(*)::integer`.as("n"))
      .executeTakeFirstOrThrow()
  ).n;
}
