import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import type { VulnerableFilter } from "../database/finding-sql.ts";
import { beginPattern, containsPattern } from "../database/like-pattern.ts";

/** Which titles or versions a list, a count or an export is about; what is absent does not restrict. Conditions combine with *and*. */
export interface SoftwareFilter extends VulnerableFilter {
  /** Words that must all occur in the name (or, of versions, in name or version). */
  query?: string;
  sources?: string[];
  /** Of the software itself; a title matches when any version that some host holds does. Without regard to case. */
  vendor?: string;
  /** Only what hosts of this label hold, counted within it (the label must be counted: `labelCounted`). */
  labelId?: number;
  /** Versions of this title alone. */
  titleId?: number;
  /** Titles with this bundle identifier, upgrade code or application id; without regard to case. */
  identifier?: string;
  /** Versions of this architecture; without regard to case. */
  arch?: string;
  /** When the catalogue first had it, bounds included. */
  firstSeenSince?: Date;
  firstSeenUntil?: Date;
  hostsMin?: number;
  hostsMax?: number;
  /** Titles with so many versions that some host holds. */
  versionsMin?: number;
  versionsMax?: number;
}

type Fragment = RawBuilder<unknown>;
type Condition = RawBuilder<SqlBool>;

/** More words than this do not narrow a search any further. */
const SEARCH_WORDS_MAX = 10;

/**
 * Text as lists order it: in lower case, and what is empty comes last, as the greatest character there is. Must be word for word the
 * expression of the indexes of migration 0014, or no such list uses them.
 */
export function namedFirst(text: Fragment): Fragment {
  return sql`coalesce(nullif(lower(${text}), ''), U&'\\+10FFFF') COLLATE "C"`;
}

/** The words of a search, in the database's own lower case wherever they are compared. */
export function searchWords(query: string | undefined): string[] {
  return [...new Set((query ?? "").split(/\s+/u).filter((word) => word !== ""))].slice(0, SEARCH_WORDS_MAX);
}

/** `column` holds every word; `column` must be in lower case. */
export function containsWords(column: Fragment, words: readonly string[]): Condition {
  return all(words.map((word) => sql<SqlBool>`${column} LIKE lower(${containsPattern(word)})`));
}

/**
 * The ids of the software that a search finds, as a subquery that is planned by itself (OFFSET 0): whatever the list is ordered by, its cost
 * is that of what is found. A word that begins with a digit may also be the beginning of the version, with or without an epoch before it.
 */
export function softwareFound(words: readonly string[]): Fragment {
  const numbers = words.filter((word) => /^\d/u.test(word));
  const named = words.filter((word) => !numbers.includes(word));
  const withNumbers = all(
    numbers.map((word) => sql<SqlBool>`(${containsWords(sql`lower(s.name)`, [word])} OR ${isVersion(word)})`),
  );
  const byName = (condition: Condition) => sql`
    SELECT s.id FROM software s WHERE lower(s.name) IN (SELECT n.name FROM software_names n WHERE ${condition}) AND ${withNumbers}`;
  if (named.length > 0) return sql`(${byName(containsWords(sql`n.name`, named))} OFFSET 0)`;
  const [first = ""] = numbers;
  const begins = sql<SqlBool>`lower(s.version) COLLATE "C" LIKE lower(${beginPattern(first)})`;
  const byVersion = sql`SELECT s.id FROM software s WHERE ${begins} AND ${withNumbers}`;
  return sql`(${byName(containsWords(sql`n.name`, [first]))} UNION ${byVersion} OFFSET 0)`;
}

function isVersion(word: string): Condition {
  return sql<SqlBool>`(lower(s.version) LIKE lower(${beginPattern(word)}) OR lower(s.version) LIKE lower(${containsPattern(`:${word}`)}))`;
}

/** The conditions that titles and versions share, over a relation `x` with `source`, `hosts_count` and `created_at`. */
export function sharedConditions(filter: SoftwareFilter): Condition[] {
  const { sources, firstSeenSince, firstSeenUntil, hostsMin, hostsMax } = filter;
  return [
    ...(sources === undefined ? [] : [sql<SqlBool>`x.source = ANY (${sources}::text[])`]),
    ...(firstSeenSince === undefined ? [] : [sql<SqlBool>`x.created_at >= ${firstSeenSince}`]),
    ...(firstSeenUntil === undefined ? [] : [sql<SqlBool>`x.created_at <= ${firstSeenUntil}`]),
    ...(hostsMin === undefined ? [] : [sql<SqlBool>`x.hosts_count >= ${hostsMin}`]),
    ...(hostsMax === undefined ? [] : [sql<SqlBool>`x.hosts_count <= ${hostsMax}`]),
  ];
}

/** Is there a condition on when it was first seen? Such a list needs the catalogue's own rows, not only its counts. */
export function filtersFirstSeen(filter: SoftwareFilter): boolean {
  return filter.firstSeenSince !== undefined || filter.firstSeenUntil !== undefined;
}

function all(conditions: Condition[]): Condition {
  if (conditions.length === 0) return sql<SqlBool>`true`;
  return sql<SqlBool>`(${sql.join(conditions, sql` AND `)})`;
}
