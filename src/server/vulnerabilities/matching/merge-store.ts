import { sql } from "kysely";
import type { MergedVulnerability, RecordFacts } from "#domain/vulnerability/judgement/merge-facts.ts";
import type { VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

/** A vulnerability of the fleet with what is to be merged. */
export interface MergeInput {
  id: number;
  cve: string;
  aliases: string[];
  /** As it is stored. */
  rejected: boolean;
  epss: { epss: number; percentile: number | null } | null;
  records: RecordFacts[];
}

/**
 * Takes vulnerabilities of which some record changed. Those that nothing of the fleet has ever had are dropped: they are merged when somebody
 * asks for them.
 */
export async function mergesTakeInTx(tx: Database, limit: number): Promise<string[]> {
  const { rows } = await sql<{ cve: string }>`
    WITH taken AS (
      DELETE FROM merge_queue q USING (
        SELECT cve FROM merge_queue WHERE NOT scores_only ORDER BY queued_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
      ) t WHERE q.cve = t.cve RETURNING q.cve
    )
    SELECT cve FROM taken WHERE cve IN (SELECT v.cve FROM vulnerabilities v JOIN taken t ON t.cve = v.cve)`.execute(tx);
  return rows.map(({ cve }) => cve);
}

/** Drops of the queue what nothing of the fleet has had: a feed's load names hundreds of thousands. */
export async function mergesDropUnusedInTx(tx: Database): Promise<void> {
  await sql`
    DELETE FROM merge_queue q USING (SELECT cve FROM merge_queue FOR UPDATE SKIP LOCKED) t
    WHERE q.cve = t.cve AND NOT EXISTS (SELECT FROM vulnerabilities v WHERE v.cve = q.cve)`.execute(tx);
}

/** What all records say of these vulnerabilities, under any of their names. */
export async function mergeInputs(db: Database, cves: readonly string[]): Promise<MergeInput[]> {
  const { rows } = await sql<Omit<MergeInput, "records">>`
    SELECT coalesce(v.id, 0) AS id, g.cve, coalesce(v.rejected, false) AS rejected, coalesce(a.aliases, '{}') AS aliases, CASE WHEN e.cve IS NOT NULL THEN
        json_build_object('epss', e.epss, 'percentile', e.percentile) END AS epss
    FROM unnest(${[...cves]}::text[]) g (cve) LEFT JOIN vulnerabilities v ON v.cve = g.cve LEFT JOIN epss_scores e ON e.cve = g.cve
      LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT alias ORDER BY alias) AS aliases FROM vulnerability_aliases WHERE vulnerability = g.cve AND alias <> g.cve
      ) a ON true`.execute(db);
  const names = rows.flatMap(({ cve, aliases }) => [cve, ...aliases].map((name) => ({ cve, name })));
  const facts = await factsOf(db, names);
  return rows.map((row) => ({ ...row, records: facts.get(row.cve) ?? [] }));
}

/** Facts are of a record's first vulnerability. */
async function factsOf(db: Database, names: readonly { cve: string; name: string }[]): Promise<Map<string, RecordFacts[]>> {
  const { rows } = await sql<{ cve: string; feed: string; facts: VulnerabilityFacts }>`
    SELECT DISTINCT ON (g.cve, r.id) g.cve, p.feed, r.facts
    FROM unnest(${names.map((n) => n.cve)}::text[], ${names.map((n) => n.name)}::text[]) g (cve, name)
      CROSS JOIN LATERAL (
        SELECT r.id, r.part_id, r.facts FROM feed_records r
        WHERE r.vulnerabilities @> ARRAY[g.name] AND r.vulnerabilities[1] = g.name AND r.facts IS NOT NULL
      ) r JOIN feed_parts p ON p.id = r.part_id
    ORDER BY g.cve, r.id`.execute(db);
  const byCve = new Map<string, RecordFacts[]>();
  for (const { cve, feed, facts } of rows) {
    const list = byCve.get(cve);
    if (list === undefined) byCve.set(cve, [{ feed, facts }]);
    else list.push({ feed, facts });
  }
  return byCve;
}

/** A vulnerability whose row was written. */
export interface MergedRow {
  id: number;
  /** More than its words changed: something that priorities and lists are made of. */
  judged: boolean;
  /** Of what lists of software show, more than the score changed. */
  counted: boolean;
}

/** Writes merged vulnerabilities; a row that says so already is left alone. Returns those that changed. */
export async function mergedWriteInTx(
  tx: Database,
  merged: readonly (MergedVulnerability & { aliases: string[] })[],
): Promise<MergedRow[]> {
  const { rows } = await sql<MergedRow>`
    UPDATE vulnerabilities v SET title = g.title, description = g.description, published = g.published, modified = g.modified,
      severity = g.severity, cvss_score = g.cvss_score, cvss = g.cvss, epss = g.epss, epss_percentile = g.epss_percentile, kev = g.kev,
      exploit = g.exploit, malware = g.malware, rejected = g.rejected, cwes = g.cwes, "references" = g."references", aliases = g.aliases, merged_at = now()
    FROM json_to_recordset(${JSON.stringify(merged)}::json) g (cve text, title text, description text, published timestamptz,
      modified timestamptz, severity text, cvss_score real, cvss json, epss real, epss_percentile real, kev json, exploit boolean,
      malware boolean, rejected boolean, cwes text[], "references" json, aliases text[]) JOIN vulnerabilities o ON o.cve = g.cve
    WHERE v.cve = g.cve AND (v.title, v.description, v.published, v.modified, v.severity, v.cvss_score, v.cvss::text, v.epss,
        v.epss_percentile, v.kev::text, v.exploit, v.malware, v.rejected, v.cwes, v."references"::text, v.aliases)
      IS DISTINCT FROM (g.title, g.description, g.published, g.modified, g.severity, g.cvss_score, g.cvss::text, g.epss,
        g.epss_percentile, g.kev::text, g.exploit, g.malware, g.rejected, g.cwes, g."references"::text, g.aliases)
    RETURNING v.id, (o.severity, o.cvss_score, o.epss, o.kev::text, o.exploit, o.malware, o.published) IS DISTINCT FROM
      (v.severity, v.cvss_score, v.epss, v.kev::text, v.exploit, v.malware, v.published) AS judged,
      (o.cvss_score, o.kev IS NULL, o.published) IS DISTINCT FROM (v.cvss_score, v.kev IS NULL, v.published) AS counted`.execute(
    tx,
  );
  return rows;
}

/**
 * Queues the keys of subjects whose findings are to be looked at for what is no matter of ranges: vulnerabilities that were rejected or are no
 * longer, and findings under names that turned out to be other names of these.
 */
export async function namedKeysQueueInTx(tx: Database, turned: readonly string[], aliases: readonly string[]): Promise<void> {
  if (turned.length > 0) {
    await sql`
      INSERT INTO match_queue (ecosystem, package)
      SELECT DISTINCT a.ecosystem, a.package
      FROM unnest(${[...turned]}::text[]) g (cve) JOIN feed_records r ON r.vulnerabilities @> ARRAY[g.cve]
        JOIN affected_packages a ON a.record_id = r.id
      WHERE EXISTS (SELECT FROM subject_keys k WHERE k.ecosystem = a.ecosystem AND k.package = a.package)
      ON CONFLICT DO NOTHING`.execute(tx);
  }
  if (aliases.length > 0) {
    await sql`
      INSERT INTO match_queue (ecosystem, package)
      SELECT DISTINCT k.ecosystem, k.package
      FROM vulnerabilities v JOIN findings f ON f.vulnerability_id = v.id JOIN subject_keys k ON k.subject_id = f.subject_id
      WHERE v.cve = ANY (${[...aliases]}::text[])
      ON CONFLICT DO NOTHING`.execute(tx);
  }
}
