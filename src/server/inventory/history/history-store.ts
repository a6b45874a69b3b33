import { sql, type RawBuilder, type Selectable } from "kysely";
import type { LinkPlan } from "#domain/inventory/plan.ts";
import type { SignatureInformation, SoftwareIdentity } from "#domain/software/software.ts";
import type { Database, HostSoftwareTable } from "../../database/tables.ts";

/**
 * Notes what was installed, and what one renamed software became besides its first successor, inside the transaction that links it:
 * rows of zero length, which no question about a moment finds, and which stand in the order of events.
 */
export async function eventsAppendInTx(tx: Database, hostId: number, plan: LinkPlan): Promise<void> {
  if (plan.installed.length + plan.alsoRenamed.length === 0) return;
  const installed = plan.installed.map(({ software_id, title_id, entry }) => ({
    software_id,
    title_id,
    event: "installed",
    next: null,
    by: entry.installed_by || null,
  }));
  const renamed = plan.alsoRenamed.map(({ software_id, title_id, event, next_software_id }) => ({
    software_id,
    title_id,
    event,
    next: next_software_id,
    by: null,
  }));
  await sql`
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event, next_software_id, installed_by)
    SELECT ${hostId}, r.software_id, r.title_id, now(), now(), r.event, r.next, r.by
    FROM json_to_recordset(${JSON.stringify([...installed, ...renamed])}::json)
      AS r(software_id bigint, title_id bigint, event text, next bigint, by text)`.execute(tx);
}

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
