import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import type { VULNERABLE_SOFTWARE_ORDER_KEYS } from "#protocol/rest/vulnerable-software.ts";
import { openOn, suppressionText } from "../../database/finding-sql.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import type { Database } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

export type VulnerableSoftwareOrderKey = (typeof VULNERABLE_SOFTWARE_ORDER_KEYS)[number];

/** Which software of a vulnerability is asked for; what is absent does not restrict. */
export interface VulnerableSoftwareFilter {
  /** Words that must all occur in the name or version. */
  query?: string;
  states?: string[];
  sources?: string[];
  /** Only what this label's hosts hold, counted within it. */
  labelId?: number;
  suppressed: "no" | "yes" | "all";
}

/** A software version that has a vulnerability on a kind of host. */
export interface VulnerableSoftwareRow {
  /** Its first subject, which decides between rows that order alike. */
  subject_id: number;
  id: number;
  title_id: number;
  name: string;
  version: string;
  release: string;
  source: string;
  extension_for: string;
  os_scope: string;
  state: string;
  confidence: string;
  resolved_in_version: string | null;
  suppressed: string | null;
  opened_at: Date;
  hosts_count: number;
  suppressed_hosts_count: number;
  generated_cpe: string;
}

type Fragment = RawBuilder<unknown>;

const WORDS_MAX = 10;

const ORDER: Record<VulnerableSoftwareOrderKey, Fragment> = {
  hosts_count: sql`x.hosts_count`,
  name: sql`lower(x.name)`,
  created_at: sql`x.opened_at`,
};

/** Fleet's `generated_cpe`: the product of the first CPE key that the software is looked up by; empty: it is not looked up by CPE. */
const FIRST_CPE = sql`coalesce((
  SELECT 'cpe:2.3:a:' || (k ->> 'package') || ':' || (k ->> 'version') || ':*:*:*:*:*:*:*'
  FROM json_array_elements(ms.identity -> 'keys') k WHERE k ->> 'ecosystem' = 'cpe' LIMIT 1), '')`;

/** A decision about some hosts only: those with it are counted host by host. */
const SUPPRESSED_SOMEWHERE = sql`EXISTS (SELECT FROM suppressions x
  WHERE x.subject_id = f.subject_id AND x.vulnerability_id = f.vulnerability_id AND (x.host_id IS NOT NULL OR x.label_id IS NOT NULL))`;

/**
 * The hosts of subject `ms` with its software: where that is one subject only, all of the software's, which are counted. `where` is a
 * condition on `hs` (host_software) that makes them be counted one by one.
 */
function holders(where: Fragment | null): Fragment {
  const alone = sql`NOT EXISTS (SELECT FROM match_subjects o WHERE o.software_id = ms.software_id AND o.id <> ms.id)`;
  const counted = sql`(
    SELECT count(*) FROM host_software hs JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
      LEFT JOIN os_scopes hsc ON hsc.id = o.os_scope_id
    WHERE hs.software_id = ms.software_id AND coalesce(hs.facts_id, 0) = ms.facts_id AND ms.os_scope_id IN (0, hsc.id, hsc.family_id)
      AND ${where ?? sql`true`})::integer`;
  return where === null ? sql`CASE WHEN ${alone} THEN c.hosts_count ELSE ${counted} END` : counted;
}

/** The subjects of a vulnerability with software, one row a finding; hosts are counted only where `hosts` says so. */
function findings(vulnerabilityId: number, filter: VulnerableSoftwareFilter, hosts: boolean): Fragment {
  const { labelId } = filter;
  const inLabel = sql`EXISTS (SELECT FROM label_membership lm WHERE lm.label_id = ${labelId ?? 0} AND lm.host_id = hs.host_id)`;
  const held = holders(labelId === undefined ? null : inLabel);
  const open = openOn(sql`hs.host_id`);
  const openHolders = holders(labelId === undefined ? open : sql`${inLabel} AND ${open}`);
  const counts = hosts
    ? sql`, ${held} AS held, CASE WHEN ${suppressionText(null)} IS NOT NULL THEN 0 WHEN ${SUPPRESSED_SOMEWHERE} THEN ${openHolders} END AS open_holders,
        ${FIRST_CPE} AS generated_cpe`
    : sql``;
  return sql`
    SELECT ms.id AS subject_id, ms.os_scope_id, s.id, s.title_id, s.name, s.version, s.release, s.source, s.extension_for, f.state, f.confidence,
      f.resolved_in_version, f.opened_at, ${suppressionText(null)} AS suppressed ${counts}
    FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id JOIN software s ON s.id = ms.software_id
      JOIN software_counts c ON c.software_id = s.id
    WHERE f.vulnerability_id = ${vulnerabilityId} AND ${sql.join(conditions(filter, inLabel), sql` AND `)}`;
}

function conditions({ query, states, sources, labelId }: VulnerableSoftwareFilter, inLabel: Fragment): Fragment[] {
  const words = [...new Set((query ?? "").split(/\s+/u).filter((word) => word !== ""))].slice(0, WORDS_MAX);
  return [
    sql`c.hosts_count > 0`,
    ...words.map((word) => sql<SqlBool>`(s.name || ' ' || s.version) ILIKE ${containsPattern(word)}`),
    ...(states === undefined ? [] : [sql`f.state = ANY (${states}::text[])`]),
    ...(sources === undefined ? [] : [sql`s.source = ANY (${sources}::text[])`]),
    ...(labelId === undefined
      ? []
      : [sql`EXISTS (SELECT FROM host_software hs WHERE hs.software_id = ms.software_id AND ${inLabel})`]),
  ];
}

/** A column of the finding that was made first. */
function first(column: string): Fragment {
  return sql`(array_agg(y.${sql.ref(column)} ORDER BY y.opened_at, y.subject_id))[1] AS ${sql.ref(column)}`;
}

/** Several subjects of one software on one kind of host (facts that agents tell differently) are one row to people. */
function rows(vulnerabilityId: number, filter: VulnerableSoftwareFilter, hosts: boolean): Fragment {
  const counts = hosts
    ? sql`, sum(coalesce(y.open_holders, y.held))::integer AS hosts_count,
        sum(y.held - coalesce(y.open_holders, y.held))::integer AS suppressed_hosts_count, max(y.generated_cpe) AS generated_cpe`
    : sql``;
  const suppressed = sql`bool_and(y.suppressed IS NOT NULL)`;
  return sql`(
    SELECT min(y.subject_id) AS subject_id, y.id, y.title_id, y.name, y.version, y.release, y.source, y.extension_for, y.os_scope_id,
      ${first("state")}, ${first("confidence")}, ${first("resolved_in_version")}, min(y.opened_at) AS opened_at,
      CASE WHEN ${suppressed} THEN min(y.suppressed) END AS suppressed ${counts}
    FROM (${findings(vulnerabilityId, filter, hosts)}) y
    GROUP BY y.id, y.title_id, y.name, y.version, y.release, y.source, y.extension_for, y.os_scope_id
    HAVING ${filter.suppressed === "all" ? sql`true` : filter.suppressed === "yes" ? suppressed : sql`NOT ${suppressed}`})`;
}

/** One page of the software that has a vulnerability; read one row beyond the page. */
export async function vulnerableSoftwareList(
  db: Database,
  vulnerabilityId: number,
  filter: VulnerableSoftwareFilter,
  page: Page<VulnerableSoftwareOrderKey>,
) {
  const query = db
    .selectFrom(
      sql<Omit<VulnerableSoftwareRow, "os_scope"> & { os_scope_id: number }>`${rows(vulnerabilityId, filter, true)}`.as("x"),
    )
    .innerJoin("os_scopes as sc", "sc.id", "x.os_scope_id")
    .selectAll("x")
    .select("sc.name as os_scope");
  return await applyKeyset(query, ORDER[page.orderKey], sql.ref("x.subject_id"), page, { nullable: false }).execute();
}

export async function vulnerableSoftwareCount(
  db: Database,
  vulnerabilityId: number,
  filter: VulnerableSoftwareFilter,
): Promise<number> {
  const { rows: counted } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM ${rows(vulnerabilityId, filter, false)} x`.execute(db);
  return counted[0]?.count ?? 0;
}
