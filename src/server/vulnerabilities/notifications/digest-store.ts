import { sql } from "kysely";
import { openOn } from "../../database/finding-sql.ts";
import type { Database } from "../../database/tables.ts";

export interface DueRule {
  id: number;
  name: string;
  payload: "muster" | "fleet";
  /** The label whose hosts it asks for; null: all. */
  label_id: number | null;
}

/** Rules that are on and whose oldest finding has waited for as long as they gather, each locked for this transaction. */
export async function dueRulesLockInTx(tx: Database, now: Date): Promise<DueRule[]> {
  return tx
    .selectFrom("notification_rules as r")
    .where("r.enabled", "=", true)
    .where(
      sql<boolean>`EXISTS (SELECT FROM notification_items i WHERE i.rule_id = r.id
        AND i.created_at <= ${now}::timestamptz - make_interval(secs => r.batch_seconds))`,
    )
    .select(["r.id", "r.name", "r.payload", sql<number | null>`(r.conditions ->> 'label_id')::integer`.as("label_id")])
    .orderBy("r.id")
    .forUpdate()
    .skipLocked()
    .execute();
}

export interface DigestVulnerability {
  vulnerability_id: number;
  cve: string;
  title: string;
  severity: string;
  cvss_score: number | null;
  epss: number | null;
  kev: boolean;
  published: Date | null;
  priority: number;
  hosts_count: number;
  software: { name: string; version: string; source: string; resolved_in_version: string | null }[];
  /** Only for Fleet's form. */
  hosts: { id: number; hostname: string; display_name: string; software_installed_paths: string[] }[];
}

/**
 * Takes what a rule is to tell of: how many vulnerabilities, and the first `limit` of them by priority with their software. With `rest`
 * "kept" only those are taken, and the others wait for the next message.
 */
export async function itemsTakeInTx(
  tx: Database,
  ruleId: number,
  options: { limit: number; softwareMax: number; rest: "kept" | "taken" },
): Promise<{ count: number; vulnerabilities: DigestVulnerability[] }> {
  const { rows } = await sql<Omit<DigestVulnerability, "hosts"> & { total: number }>`
    WITH ranked AS MATERIALIZED (
      SELECT i.vulnerability_id, coalesce(e.priority, 0) AS priority, coalesce(e.hosts_count, 0) AS hosts_count
      FROM (SELECT DISTINCT vulnerability_id FROM notification_items WHERE rule_id = ${ruleId}) i
      LEFT JOIN vulnerability_exposures e ON e.vulnerability_id = i.vulnerability_id
    ), first AS MATERIALIZED (SELECT * FROM ranked ORDER BY priority DESC, vulnerability_id LIMIT ${options.limit})
    SELECT (SELECT count(*) FROM ranked)::integer AS total, v.id AS vulnerability_id, v.cve, v.title, v.severity, v.cvss_score, v.epss,
      v.kev IS NOT NULL AS kev, v.published, first.priority, first.hosts_count, coalesce((
        SELECT json_agg(x) FROM (
          SELECT DISTINCT coalesce(s.name, o.name) AS name, coalesce(s.version, o.version) AS version,
            coalesce(s.source, 'operating_systems') AS source, f.resolved_in_version
          FROM notification_items i JOIN match_subjects ms ON ms.id = i.subject_id
          LEFT JOIN findings f ON f.subject_id = i.subject_id AND f.vulnerability_id = i.vulnerability_id
          LEFT JOIN software s ON s.id = ms.software_id LEFT JOIN operating_systems o ON o.id = ms.operating_system_id
          WHERE i.rule_id = ${ruleId} AND i.vulnerability_id = v.id ORDER BY 1, 2 LIMIT ${options.softwareMax}) x), '[]') AS software
    FROM first JOIN vulnerabilities v ON v.id = first.vulnerability_id
    ORDER BY first.priority DESC, first.vulnerability_id`.execute(tx);
  const ids = rows.map((row) => row.vulnerability_id);
  await tx
    .deleteFrom("notification_items")
    .where("rule_id", "=", ruleId)
    .$if(options.rest === "kept", (query) => query.where("vulnerability_id", "=", sql<number>`ANY (${ids}::integer[])`))
    .execute();
  return { count: rows[0]?.total ?? 0, vulnerabilities: rows.map(({ total: _total, ...row }) => ({ ...row, hosts: [] })) };
}

/** Hosts that each of these vulnerabilities is open on, at most `limit` each; with a label: of its hosts alone. */
export async function affectedHosts(
  db: Database,
  vulnerabilityIds: readonly number[],
  { limit, labelId }: { limit: number; labelId: number | null },
): Promise<Map<number, DigestVulnerability["hosts"]>> {
  const { rows } = await sql<{ vulnerability_id: number; hosts: DigestVulnerability["hosts"] }>`
    SELECT v.id AS vulnerability_id, coalesce((SELECT json_agg(x) FROM (
      SELECT h.id, h.hostname, coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id) AS display_name,
        coalesce(min(held.paths), '[]')::json AS software_installed_paths
      FROM (
        SELECT hs.host_id, to_json(coalesce(hs.installed_paths, '{}'))::text AS paths FROM findings f
        JOIN match_subjects ms ON ms.id = f.subject_id
        JOIN host_software hs ON hs.software_id = ms.software_id AND coalesce(hs.facts_id, 0) = ms.facts_id
        JOIN hosts oh ON oh.id = hs.host_id LEFT JOIN operating_systems o ON o.id = oh.operating_system_id
        LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
        WHERE f.vulnerability_id = v.id AND (ms.os_scope_id = 0 OR ms.os_scope_id IN (sc.id, sc.family_id))
          AND ${openOn(sql`hs.host_id`)}
        UNION ALL
        SELECT oh.id, '[]' FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id
        JOIN hosts oh ON oh.operating_system_id = ms.operating_system_id WHERE f.vulnerability_id = v.id AND ${openOn(sql`oh.id`)}
      ) held JOIN hosts h ON h.id = held.host_id
      WHERE ${labelId}::integer IS NULL
        OR EXISTS (SELECT FROM label_membership lm WHERE lm.label_id = ${labelId} AND lm.host_id = h.id)
      GROUP BY h.id ORDER BY h.id LIMIT ${limit}) x), '[]') AS hosts
    FROM unnest(${[...vulnerabilityIds]}::integer[]) AS v (id)`.execute(db);
  return new Map(rows.map((row) => [row.vulnerability_id, row.hosts]));
}
