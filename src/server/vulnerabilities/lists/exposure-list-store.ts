import { sql } from "kysely";
import type { RawBuilder, Selectable, SqlBool } from "kysely";
import type { VULNERABILITY_ORDER_KEYS } from "#protocol/rest/vulnerabilities.ts";
import { canonicalId } from "#domain/vulnerability/details-link.ts";
import { vulnerabilityNamed } from "../../database/finding-sql.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export type VulnerabilityOrderKey = (typeof VULNERABILITY_ORDER_KEYS)[number];

/** Which vulnerabilities a list, a count or an export is about; what is absent does not restrict. Conditions combine with *and*. */
export interface VulnerabilityFilter {
  /** Words that must all occur in the id or the description. */
  query?: string;
  severities?: string[];
  cvssMin?: number;
  cvssMax?: number;
  epssMin?: number;
  exploited?: boolean;
  publicExploit?: boolean;
  ransomware?: boolean;
  states?: string[];
  sources?: string[];
  /** Only what hosts of this label are exposed to, counted within it (its exposure must be counted: `labelExposuresCounted`). */
  labelId?: number;
  titleId?: number;
  softwareId?: number;
  /** Several rows of operating_systems are one version to people; any of their ids stands for all. */
  osVersionId?: number;
  createdSince?: Date;
  createdUntil?: Date;
  publishedSince?: Date;
  publishedUntil?: Date;
  /** Open longer than the time set for it, as of this moment. */
  overdueAt?: Date;
  suppressed: "no" | "yes" | "all";
}

type Condition = RawBuilder<SqlBool>;
type Fragment = RawBuilder<unknown>;

/** More words than this do not narrow a search any further. */
const SEARCH_WORDS_MAX = 10;

/** From the most severe; what is not here orders below. */
const SEVERITY_RANKS: Readonly<Record<string, number>> = { critical: 5, high: 4, medium: 3, low: 2, none: 1 };

/** A severity's place among them; the column's word may be any. */
export function severityRank(column: Fragment): Fragment {
  const ranks = Object.entries(SEVERITY_RANKS).map(([severity, rank]) => sql`WHEN ${sql.lit(severity)} THEN ${sql.lit(rank)}`);
  return sql`CASE ${column} ${sql.join(ranks, sql` `)} ELSE 0 END`;
}

/** CVE ids in the order of their years and numbers, others after them by their text. No pattern: ten thousand are ordered for a page. */
const idOrder: Fragment = sql`CASE WHEN e.cve LIKE 'CVE-%' THEN
  'CVE-' || split_part(e.cve, '-', 2) || '-' || lpad(split_part(e.cve, '-', 3), 12, '0') ELSE e.cve END`;

function orderColumn(key: VulnerabilityOrderKey): Fragment {
  switch (key) {
    case "cve":
      return sql`(${idOrder}) COLLATE "C"`;
    case "epss_probability":
      return sql`coalesce(e.epss, -1)`;
    case "cvss_score":
      return sql`coalesce(e.cvss_score, -1)`;
    case "cisa_known_exploit":
      return sql`e.kev`;
    case "cve_published":
      return sql`coalesce(e.published, '-infinity')`;
    case "created_at":
      return sql`e.first_seen`;
    case "host_count":
    case "hosts_count":
      return sql`e.hosts_count`;
    case "severity":
      return severityRank(sql`e.severity`);
    case "due_at":
      return sql`coalesce(e.due_at, 'infinity')`;
    default:
      return sql.ref(`e.${key}`);
  }
}

/** An exposure as lists filter and order it; with a label its counts are those within the label. */
type Exposure = Selectable<Tables["vulnerability_exposures"]>;

/** The exposures of a filter as a relation `e`. */
function exposuresFiltered(db: Database, filter: VulnerabilityFilter) {
  let query = db.selectFrom(sql<Exposure>`${exposures(filter)}`.as("e"));
  for (const condition of [...ownConditions(filter), ...placeConditions(filter)]) query = query.where(condition);
  return query;
}

function exposures({ labelId }: VulnerabilityFilter): Fragment {
  if (labelId === undefined) return sql`vulnerability_exposures`;
  return sql`(
    SELECT e.vulnerability_id, e.cve, e.severity, e.cvss_score, e.epss, e.kev, e.ransomware, e.exploit, e.published, e.first_seen,
      le.hosts_count, e.software_count, e.states, e.sources, le.suppressed_hosts_count, le.hosts_count = 0 AS suppressed, e.priority,
      e.due_at, e.counted_at
    FROM label_exposures le JOIN vulnerability_exposures e ON e.vulnerability_id = le.vulnerability_id WHERE le.label_id = ${labelId})`;
}

/** Conditions on what an exposure itself tells. */
function ownConditions(filter: VulnerabilityFilter): Condition[] {
  const { severities, cvssMin, cvssMax, epssMin, states, sources, overdueAt } = filter;
  return [
    ...searchConditions(filter.query),
    ...(severities === undefined ? [] : [sql<SqlBool>`e.severity = ANY (${severities}::text[])`]),
    ...(cvssMin === undefined ? [] : [sql<SqlBool>`e.cvss_score >= ${cvssMin}`]),
    ...(cvssMax === undefined ? [] : [sql<SqlBool>`e.cvss_score <= ${cvssMax}`]),
    ...(epssMin === undefined ? [] : [sql<SqlBool>`e.epss >= ${epssMin}`]),
    ...flag(sql`e.kev`, filter.exploited),
    ...flag(sql`e.exploit`, filter.publicExploit),
    ...flag(sql`e.ransomware`, filter.ransomware),
    ...(states === undefined ? [] : [sql<SqlBool>`e.states && ${states}::text[]`]),
    ...(sources === undefined ? [] : [sql<SqlBool>`e.sources && ${sources}::text[]`]),
    ...since(sql`e.first_seen`, filter.createdSince, filter.createdUntil),
    ...since(sql`e.published`, filter.publishedSince, filter.publishedUntil),
    ...(overdueAt === undefined ? [] : [sql<SqlBool>`e.due_at < ${overdueAt}`]),
    ...(filter.suppressed === "all" ? [] : flag(sql`e.suppressed`, filter.suppressed === "yes")),
  ];
}

function flag(column: Fragment, wanted: boolean | undefined): Condition[] {
  if (wanted === undefined) return [];
  return [wanted ? sql<SqlBool>`${column}` : sql<SqlBool>`NOT ${column}`];
}

function since(column: Fragment, from: Date | undefined, to: Date | undefined): Condition[] {
  return [
    ...(from === undefined ? [] : [sql<SqlBool>`${column} >= ${from}`]),
    ...(to === undefined ? [] : [sql<SqlBool>`${column} <= ${to}`]),
  ];
}

function searchConditions(text: string | undefined): Condition[] {
  const words = [...new Set((text ?? "").split(/\s+/u).filter((word) => word !== ""))].slice(0, SEARCH_WORDS_MAX);
  return words.map((word) => {
    const pattern = containsPattern(word);
    return sql<SqlBool>`(e.cve ILIKE ${pattern} OR e.vulnerability_id IN (
      SELECT v.id FROM vulnerabilities v WHERE v.description ILIKE ${pattern} OR v.title ILIKE ${pattern})
      OR e.vulnerability_id IN ${vulnerabilityNamed(canonicalId(word))})`;
  });
}

/** Conditions on where the vulnerability was found: each asks for one finding, by its index, and stops at the first. */
function placeConditions(filter: VulnerabilityFilter): Condition[] {
  const { titleId, softwareId, osVersionId } = filter;
  return [
    ...(softwareId === undefined ? [] : [found(sql`WHERE ms.software_id = ${softwareId}`)]),
    ...(titleId === undefined ? [] : [found(sql`JOIN software s ON s.id = ms.software_id WHERE s.title_id = ${titleId}`)]),
    ...(osVersionId === undefined
      ? []
      : [
          found(sql`WHERE ms.operating_system_id IN (
            SELECT o.id FROM operating_systems o JOIN operating_systems given USING (name, version, platform) WHERE given.id = ${osVersionId})`),
        ]),
  ];
}

/** `rest` joins what it needs to `ms` and ends in a WHERE. */
function found(rest: Fragment): Condition {
  return sql<SqlBool>`EXISTS (
    SELECT FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id ${rest} AND f.vulnerability_id = e.vulnerability_id)`;
}

/** The query of one page: ids in order, one beyond the page. */
export function exposurePageQuery(db: Database, filter: VulnerabilityFilter, page: Page<VulnerabilityOrderKey>) {
  const ids = exposuresFiltered(db, filter).select([
    "e.vulnerability_id",
    "e.hosts_count",
    "e.suppressed_hosts_count",
    "e.suppressed",
  ]);
  return applyKeyset(ids, orderColumn(page.orderKey), sql.ref("e.vulnerability_id"), page, { nullable: false });
}

export async function exposureCount(db: Database, filter: VulnerabilityFilter): Promise<number> {
  const row = await exposuresFiltered(db, filter)
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Exposures by id with what lists show of the vulnerability itself. */
export async function exposuresById(db: Database, ids: number[]) {
  const rows = await db
    .selectFrom("vulnerability_exposures as e")
    .innerJoin("vulnerabilities as v", "v.id", "e.vulnerability_id")
    .selectAll("e")
    .select(["v.description", "v.cvss", "v.epss_percentile", "v.malware"])
    .where("e.vulnerability_id", "=", sql<number>`ANY (${ids}::integer[])`)
    .execute();
  return new Map(rows.map((row) => [row.vulnerability_id, row]));
}
