import { sql } from "kysely";
import type { SoftwareIdentity } from "#domain/software/software.ts";
import type { OsScope, SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

/** A subject with all that identity is told from. */
export interface SubjectRow {
  id: number;
  scope: OsScope;
  /** As it was told last; null: never. */
  identity: SubjectIdentity | null;
  /** Of the catalogue and rules that told it; 0: to be told again. */
  identity_version: number;
  software: (SoftwareIdentity & SubjectFacts & { software_id: number; title_id: number }) | null;
  operating_system: OperatingSystemRow | null;
}

export interface SubjectFacts {
  source_package: string;
  source_version: string;
  epoch: string;
  origin: string;
}

export interface OperatingSystemRow {
  name: string;
  version: string;
  arch: string;
  kernel_version: string;
  platform: string;
}

interface FlatRow extends SoftwareIdentity, SubjectFacts {
  id: number;
  identity: SubjectIdentity | Record<string, never>;
  identity_version: number;
  scope_name: string;
  family: string;
  software_id: number | null;
  title_id: number;
  operating_system: OperatingSystemRow | null;
}

/** Subjects by id. Those whose software was deleted meanwhile are left out. */
export async function subjectRows(db: Database, ids: readonly number[]): Promise<SubjectRow[]> {
  const { rows } = await sql<FlatRow>`
    SELECT m.id, m.identity, m.identity_version, s.name AS scope_name, s.family, m.software_id, w.title_id, w.name, w.version, w.source, w.bundle_identifier,
      w.release, w.vendor, w.arch, w.extension_id, w.extension_for, w.application_id, w.upgrade_code,
      coalesce(f.source_package, '') AS source_package, coalesce(f.source_version, '') AS source_version,
      coalesce(f.epoch, '') AS epoch, coalesce(f.origin, '') AS origin, CASE WHEN o.id IS NOT NULL THEN json_build_object(
        'name', o.name, 'version', o.version, 'arch', o.arch, 'kernel_version', o.kernel_version, 'platform', o.platform) END AS operating_system
    FROM match_subjects m JOIN os_scopes s ON s.id = m.os_scope_id
      LEFT JOIN software w ON w.id = m.software_id
      LEFT JOIN software_facts f ON f.id = m.facts_id AND m.facts_id <> 0
      LEFT JOIN operating_systems o ON o.id = m.operating_system_id
    WHERE m.id = ANY (${[...ids]}::integer[]) AND (w.id IS NOT NULL OR o.id IS NOT NULL)
    ORDER BY m.id`.execute(db);
  return rows.map(subjectRowOf);
}

function subjectRowOf({
  id,
  identity,
  identity_version,
  scope_name,
  family,
  software_id,
  operating_system,
  ...software
}: FlatRow): SubjectRow {
  return {
    id,
    scope: { name: scope_name, family },
    identity: "status" in identity ? (identity as SubjectIdentity) : null,
    identity_version,
    software: software_id === null ? null : { ...software, software_id },
    operating_system,
  };
}

/** Of so many times a batch the subjects of one are chosen that are looked up by the same keys. */
const CHOSEN_OF = 20;
/** This part of a batch is the oldest, whatever it is, so that nothing waits for ever. */
const OLDEST = 0.1;

/**
 * Subjects that were never matched. Where many wait, neighbours by what they will be looked up by are taken together: what feeds say of it is
 * read and parsed once for all of them. Some of each batch are the oldest.
 */
export async function subjectsUnmatched(db: Database, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    WITH waiting AS (
      SELECT id, software_id, facts_id, os_scope_id, row_number() OVER (ORDER BY id) AS place
      FROM match_subjects WHERE matched_at IS NULL ORDER BY id LIMIT ${limit * CHOSEN_OF}
    )
    SELECT w.id FROM waiting w LEFT JOIN software s ON s.id = w.software_id
      LEFT JOIN software_facts f ON f.id = w.facts_id AND w.facts_id <> 0
    ORDER BY w.place > ${Math.ceil(limit * OLDEST)}, s.source, w.os_scope_id, coalesce(nullif(f.source_package, ''), s.name), w.id
    LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Subjects whose identity was told by another catalogue or other rules than the present ones. */
export async function subjectsOutdated(db: Database, version: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    (SELECT id FROM match_subjects WHERE identity_version < ${version} AND matched_at IS NOT NULL ORDER BY identity_version, id LIMIT ${limit})
    UNION ALL
    (SELECT id FROM match_subjects WHERE identity_version > ${version} AND matched_at IS NOT NULL ORDER BY identity_version, id LIMIT ${limit})
    LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Subjects that are looked up by these keys. */
export async function subjectsByKeys(db: Database, keys: readonly { ecosystem: string; package: string }[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT DISTINCT k.subject_id AS id FROM subject_keys k
      JOIN unnest(${keys.map((k) => k.ecosystem)}::text[], ${keys.map((k) => k.package)}::text[]) g (ecosystem, package)
        ON k.ecosystem = g.ecosystem AND k.package = g.package
    ORDER BY 1`.execute(db);
  return rows.map(({ id }) => id);
}

/** Writes what subjects are, with the keys by which feeds' changes find them. */
export async function identitiesWriteInTx(
  tx: Database,
  resolved: readonly { id: number; identity: SubjectIdentity }[],
): Promise<void> {
  if (resolved.length === 0) return;
  const ids = resolved.map(({ id }) => id);
  await sql`
    UPDATE match_subjects m SET identity = g.identity::json, authority = g.authority, status = g.status
    FROM unnest(${ids}::integer[], ${resolved.map(({ identity }) => JSON.stringify(identity))}::text[],
      ${resolved.map(({ identity }) => identity.authority)}::text[], ${resolved.map(({ identity }) => identity.status)}::text[])
      g (id, identity, authority, status)
    WHERE m.id = g.id`.execute(tx);
  const keys = resolved.flatMap(({ id, identity }) => identity.keys.map((key) => ({ id, key })));
  await sql`DELETE FROM subject_keys WHERE subject_id = ANY (${ids}::integer[])`.execute(tx);
  await sql`
    INSERT INTO subject_keys (ecosystem, package, subject_id)
    SELECT DISTINCT g.ecosystem, g.package, g.subject_id
    FROM unnest(${keys.map(({ key }) => key.ecosystem)}::text[], ${keys.map(({ key }) => key.package)}::text[],
      ${keys.map(({ id }) => id)}::integer[]) g (ecosystem, package, subject_id)
    ORDER BY 1, 2, 3`.execute(tx);
}

/** Notes that subjects were matched now, by the identity of this version. */
export async function subjectsMatchedInTx(tx: Database, ids: readonly number[], identityVersion: number): Promise<void> {
  await sql`
    UPDATE match_subjects SET matched_at = now(), identity_version = ${identityVersion} WHERE id = ANY (${[...ids]}::integer[])`.execute(
    tx,
  );
}

/** Notes that subjects are by this catalogue what they were by the one before; their findings stay. */
export async function identitiesConfirmInTx(tx: Database, ids: readonly number[], identityVersion: number): Promise<void> {
  if (ids.length === 0) return;
  await sql`UPDATE match_subjects SET identity_version = ${identityVersion} WHERE id = ANY (${[...ids]}::integer[])`.execute(tx);
}

/** Forgets which identity subjects have: they are resolved again soon. Without a condition all are. */
export async function identitiesForget(
  db: Database,
  which: { software_ids?: number[]; title_ids?: number[]; unidentified?: true },
): Promise<number> {
  const { software_ids = [], title_ids = [], unidentified = false } = which;
  const { rows } = await sql<{ n: number }>`
    WITH forgotten AS (
      UPDATE match_subjects m SET identity_version = 0
      WHERE m.software_id = ANY (${software_ids}::integer[])
        OR m.software_id IN (SELECT id FROM software WHERE title_id = ANY (${title_ids}::bigint[]))
        OR (${unidentified} AND m.status = 'unidentified')
      RETURNING 1
    ) SELECT count(*)::integer AS n FROM forgotten`.execute(db);
  return rows[0]?.n ?? 0;
}
