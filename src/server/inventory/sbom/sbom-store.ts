import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { SignatureInformation, SoftwareIdentity } from "#domain/software/software.ts";
import type { Database } from "../../database/tables.ts";
import { pastLinks } from "../history/history-store.ts";

/** Whose software a bill of materials is about. */
export type SbomScope = { kind: "host"; id: number } | { kind: "label"; id: number } | { kind: "fleet" };

/** One software of a bill of materials. */
export interface SbomRow extends SoftwareIdentity {
  checksum: Buffer;
  source_package: string | null;
  source_version: string | null;
  epoch: string | null;
  origin: string | null;
  /** Of the hosts that hold it; null when they differ. */
  platform: string | null;
  os_version: string | null;
  /** Of one host only. */
  installed_paths: string[] | null;
  signature_information: SignatureInformation[] | null;
}

/**
 * The software of a scope in an order that depends on nothing but what it is. A host's with paths and signatures; of several hosts, each
 * software once, with the distribution when all of its holders have the same.
 */
export function sbomQuery(db: Database, scope: SbomScope, at: Date | undefined) {
  const held = scope.kind === "host" ? heldByHost(scope.id, at) : heldByHosts(scope, at);
  return db
    .selectFrom(sql<SbomRow & { software_id: number; facts_id: number | null }>`${held}`.as("held"))
    .innerJoin("software as s", "s.id", "held.software_id")
    .leftJoin("software_facts as f", "f.id", "held.facts_id")
    .select(["s.checksum", "s.name", "s.version", "s.source", "s.bundle_identifier", "s.release", "s.vendor", "s.arch"])
    .select(["s.extension_id", "s.extension_for", "s.application_id", "s.upgrade_code"])
    .select(["f.source_package", "f.source_version", "f.epoch", "f.origin"])
    .select(["held.platform", "held.os_version", "held.installed_paths", "held.signature_information"])
    .orderBy(sql`s.name COLLATE "C"`)
    .orderBy(sql`s.version COLLATE "C"`)
    .orderBy("s.checksum");
}

/** Only the keys of what {@link sbomQuery} reads, in its order. */
export function sbomKeysQuery(db: Database, scope: SbomScope, at: Date | undefined) {
  return sbomQuery(db, scope, at).clearSelect().select("s.checksum");
}

function heldByHost(hostId: number, at: Date | undefined): RawBuilder<unknown> {
  const links = at === undefined ? sql`host_software` : pastLinks(hostId, at);
  return sql`(
    SELECT hs.software_id, hs.facts_id, hs.installed_paths, hs.signature_information, h.platform, ${OS_VERSION} AS os_version
    FROM ${links} hs JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
    WHERE hs.host_id = ${hostId})`;
}

const OS_VERSION = sql`coalesce(o.version, h.os_version)`;

function heldByHosts(scope: SbomScope, at: Date | undefined): RawBuilder<unknown> {
  const members =
    scope.kind === "label" ? sql`WHERE h.id IN (SELECT host_id FROM label_membership WHERE label_id = ${scope.id})` : sql``;
  return sql`(
    SELECT l.software_id, max(l.facts_id) AS facts_id, NULL::text[] AS installed_paths, NULL::json AS signature_information,
      CASE WHEN min(d.platform) = max(d.platform) THEN min(d.platform) END AS platform,
      CASE WHEN min(d.os_version) = max(d.os_version) THEN min(d.os_version) END AS os_version
    FROM ${at === undefined ? sql`host_software` : linksAt(at)} l
    JOIN (
      SELECT h.id, h.platform, ${OS_VERSION} AS os_version
      FROM hosts h LEFT JOIN operating_systems o ON o.id = h.operating_system_id ${members}
    ) d ON d.id = l.host_id
    GROUP BY l.software_id)`;
}

/** All links of a moment. One that came by a rename after it was then held under its former name, and is left out. */
function linksAt(at: Date): RawBuilder<unknown> {
  return sql`(
    SELECT hs.host_id, hs.software_id, hs.facts_id FROM host_software hs
    WHERE hs.created_at <= ${at} AND NOT EXISTS (
      SELECT 1 FROM host_software_history r
      WHERE r.next_software_id = hs.software_id AND r.host_id = hs.host_id AND r.event = 'renamed' AND r.removed_at > ${at})
    UNION ALL
    SELECT hh.host_id, hh.software_id, NULL FROM host_software_history hh WHERE hh.installed_at <= ${at} AND hh.removed_at > ${at})`;
}

export interface SbomSubject {
  name: string;
  /** Of a host. */
  platform: string | null;
  os_name: string | null;
  os_version: string | null;
  /** When the software of the scope last changed, as far as it is known. */
  changed_at: Date | null;
}

/** What a bill of materials is about; undefined when there is no such host or label. */
export async function sbomSubject(db: Database, scope: SbomScope): Promise<SbomSubject | undefined> {
  if (scope.kind === "host") {
    return db
      .selectFrom("hosts as h")
      .leftJoin("operating_systems as o", "o.id", "h.operating_system_id")
      .select(sql<string>`coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id::text)`.as("name"))
      .select(["h.platform", "o.name as os_name", "o.version as os_version", "h.software_updated_at as changed_at"])
      .where("h.id", "=", scope.id)
      .executeTakeFirst();
  }
  const members = db
    .selectFrom("hosts as h")
    .select(sql<Date | null>`max(h.software_updated_at)`.as("changed_at"))
    .$if(scope.kind === "label", (query) =>
      query.where("h.id", "in", (eb) =>
        eb
          .selectFrom("label_membership")
          .select("host_id")
          .where("label_id", "=", scope.kind === "label" ? scope.id : 0),
      ),
    );
  const { changed_at } = await members.executeTakeFirstOrThrow();
  const nothing = { platform: null, os_name: null, os_version: null, changed_at };
  if (scope.kind === "fleet") return { name: "All devices", ...nothing };
  const label = await db.selectFrom("labels").select("name").where("id", "=", scope.id).executeTakeFirst();
  return label === undefined ? undefined : { name: label.name, ...nothing };
}
