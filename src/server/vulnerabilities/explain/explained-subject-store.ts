import { sql } from "kysely";
import { subjectsOfHosts, suppressionText } from "../../database/finding-sql.ts";
import type { Database } from "../../database/tables.ts";

/** What an explanation is about, as people know it. */
export interface ExplainedSubject {
  subject_id: number;
  software_id: number | null;
  os_version_id: number | null;
  name: string;
  version: string;
  source: string;
  /** Why its finding is suppressed everywhere, or on the host that was asked about. */
  suppressed: string | null;
}

export async function explainedSubjects(
  db: Database,
  ids: readonly number[],
  cve: string,
  hostId: number | null,
): Promise<Map<number, ExplainedSubject>> {
  const { rows } = await sql<ExplainedSubject>`
    SELECT m.id AS subject_id, m.software_id, m.operating_system_id AS os_version_id, coalesce(s.name, o.name) AS name,
      coalesce(s.version, o.version) AS version, coalesce(s.source, 'operating_systems') AS source,
      (SELECT ${suppressionText(hostId === null ? null : sql`${hostId}::integer`)} FROM findings f JOIN vulnerabilities v ON v.id = f.vulnerability_id
        WHERE f.subject_id = m.id AND v.cve = ${cve}) AS suppressed
    FROM match_subjects m LEFT JOIN software s ON s.id = m.software_id LEFT JOIN operating_systems o ON o.id = m.operating_system_id
    WHERE m.id = ANY (${[...ids]}::integer[])`.execute(db);
  return new Map(rows.map((row) => [row.subject_id, row]));
}

/** A software or operating system that a question may name. */
export interface Askable {
  software_id: number | null;
  operating_system_id: number | null;
}

/** What of a host records of a vulnerability speak of by any of its names, as a bounded list: that is what can be asked about. */
export async function askableOfHost(db: Database, hostId: number, cve: string, limit: number): Promise<Askable[]> {
  const { rows } = await sql<Askable>`
    WITH named AS MATERIALIZED (
      SELECT DISTINCT ap.ecosystem, ap.package FROM feed_records r JOIN affected_packages ap ON ap.record_id = r.id
      WHERE r.vulnerabilities && (ARRAY[${cve}] || ARRAY(SELECT alias FROM vulnerability_aliases WHERE vulnerability = ${cve}))
    )
    SELECT DISTINCT m.software_id, m.operating_system_id
    FROM ${subjectsOfHosts(sql`h.id = ${hostId}`)} hv JOIN match_subjects m ON m.id = hv.subject_id
    WHERE EXISTS (SELECT FROM subject_keys k JOIN named n USING (ecosystem, package) WHERE k.subject_id = hv.subject_id)
    ORDER BY 1, 2 LIMIT ${limit}`.execute(db);
  return rows;
}

/** The rows of operating_systems (architectures, kernels) of one version that matching knows. */
export async function systemsOfVersion(db: Database, osVersionId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT o.id FROM operating_systems o JOIN operating_systems given USING (name, version, platform)
    WHERE given.id = ${osVersionId} ORDER BY o.id = ${osVersionId} DESC, o.id LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

export async function softwareExists(db: Database, id: number): Promise<boolean> {
  return (await db.selectFrom("software").select("id").where("id", "=", id).executeTakeFirst()) !== undefined;
}
