import { sql, type RawBuilder, type Selectable } from "kysely";
import type { SignatureInformation, SoftwareIdentity } from "#domain/software/software.ts";
import type { Database, HostSoftwareTable } from "../../database/tables.ts";

/** A link as `hostLinks` reads it, at a moment of the past. Paths and signatures are known only of links that still exist. */
export interface PastLink extends SoftwareIdentity {
  id: number;
  title_id: number;
  last_opened_at: Date | null;
  installed_paths: string[] | null;
  installed_at: Date;
  installed_by: string | null;
  signature_information: SignatureInformation[] | null;
}

/**
 * A host's links at a moment, in the columns of `host_software`, by what it had reported last: links that began by then, and ended
 * ones that ended later. A renamed link kept its beginning, so those that came by a rename after the moment are left out again: a
 * rename to that software within what looks like its time. Reads
 * the host's links and its history since the moment. Openings after the moment are not shown.
 */
export function pastLinks(hostId: number, at: Date): RawBuilder<Selectable<HostSoftwareTable>> {
  return sql`(
    WITH ended AS MATERIALIZED (
      SELECT software_id, next_software_id, event, installed_at, removed_at, installed_by
      FROM host_software_history WHERE host_id = ${hostId} AND removed_at > ${at}
    ), held AS (
      SELECT software_id, facts_id, created_at, 'infinity'::timestamptz AS until, installed_by, installed_paths, signature_information,
        CASE WHEN last_opened_at <= ${at} THEN last_opened_at END AS last_opened_at
      FROM host_software WHERE host_id = ${hostId} AND created_at <= ${at}
      UNION ALL
      SELECT software_id, NULL, installed_at, removed_at, installed_by, NULL, NULL, NULL FROM ended WHERE installed_at <= ${at}
    )
    SELECT ${hostId}::bigint AS host_id, h.software_id, h.facts_id, h.last_opened_at, h.created_at, h.installed_paths,
      h.signature_information, h.installed_by
    FROM held h
    WHERE NOT EXISTS (
      SELECT 1 FROM ended r
      WHERE r.event = 'renamed' AND r.next_software_id = h.software_id AND r.removed_at < h.until
    )
  )`;
}

/** What a host held at a moment, as {@link pastLinks} tells; by name. */
export async function hostSoftwareAsOf(db: Database, hostId: number, at: Date): Promise<PastLink[]> {
  const { rows } = await sql<PastLink>`
    SELECT s.id, s.title_id, s.name, s.version, s.source, s.bundle_identifier, s.release, s.vendor, s.arch, s.extension_id,
      s.extension_for, s.application_id, s.upgrade_code, h.last_opened_at, h.installed_paths, h.created_at AS installed_at,
      h.installed_by, h.signature_information
    FROM ${pastLinks(hostId, at)} h JOIN software s ON s.id = h.software_id
    ORDER BY lower(s.name), s.version, s.id`.execute(db);
  return rows;
}

/** A source of a host, and when its first full report came; null: before that was kept. */
export interface FirstReport {
  source: string;
  first_reported_at: Date | null;
}

export async function firstReportsOfHost(db: Database, hostId: number): Promise<FirstReport[]> {
  return db
    .selectFrom("host_software_sources")
    .select(["source", "first_reported_at"])
    .where("host_id", "=", hostId)
    .where(sql<boolean>`digest <> ''`)
    .orderBy("source")
    .execute();
}
