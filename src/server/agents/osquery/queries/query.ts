import type { Platform } from "#domain/software/sources.ts";

/** One statement that Muster hands to osquery. What each column becomes is decided on the server (translate/), not in SQL. */
export interface OsqueryQuery {
  /** Unique among all queries; the prefix says what kind it is. */
  name: `${typeof DETAIL_PREFIX}${string}` | `${typeof SOFTWARE_PREFIX}${string}`;
  platforms: readonly Platform[];
  sql: string;
  /** Runs only where this gives a row. It must not select from a table that may be absent: that would abort the whole batch. */
  discovery?: string;
  /** The source whose rows this one only adds to: it is of no use where that source is not asked for. */
  enriches?: string;
  /** First osquery version that has what the SQL names, for example `5.17.0`. */
  since?: string;
  /** First osquery version for which another query takes this one's place. */
  until?: string;
}

export const DETAIL_PREFIX = "muster_detail_query_";
export const SOFTWARE_PREFIX = "muster_software_";
/**
 * Handed out with a batch that answers a refetch, so that its results say so. Results of an earlier batch, still under way when
 * someone asked, must not end the refetch.
 */
export const REFETCH_MARKER = "muster_detail_query_refetch";

export const DESKTOPS: readonly Platform[] = ["darwin", "windows", "linux"];
export const ALL_PLATFORMS: readonly Platform[] = ["darwin", "windows", "linux", "chrome"];

/**
 * Discovery of a table that not every agent has: newer than the agent, an extension's (fleetd), or switched off by
 * `--disable_tables`. Asked of the registry, which every agent has; a select from a missing table would be an error, and an error
 * in any discovery makes the agent drop the batch and ask again for ever (reference osquery-remote.md §5.1).
 */
export function whereTableExists(...tables: string[]): string {
  const conditions = tables.map(
    (table) => `EXISTS (SELECT 1 FROM osquery_registry WHERE registry = 'table' AND active = 1 AND name = '${table}')`,
  );
  return `SELECT 1 WHERE ${conditions.join(" AND ")}`;
}

export function whereTableIsMissing(table: string): string {
  return `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM osquery_registry WHERE registry = 'table' AND active = 1 AND name = '${table}')`;
}

/**
 * The rows of a table that osquery keeps per user, for all people of the host. Without the join osquery answers for the user it
 * runs as only. Accounts that nobody can log in to have no editors or browsers and are left out.
 */
export function forEveryUser(columns: string, table: string): string {
  return `SELECT ${columns.replaceAll(/(\w+)/g, "t.$1")} FROM users u CROSS JOIN ${table} t USING (uid)
WHERE u.shell NOT LIKE '%/nologin' AND u.shell NOT LIKE '%/false'`;
}
