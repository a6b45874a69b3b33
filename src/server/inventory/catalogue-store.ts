import type { TitleIdentity } from "#domain/software/title.ts";
import type { SoftwareFacts, SoftwareIdentity } from "#domain/software/software.ts";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database } from "../database/tables.ts";

/** A row of the shared catalogue, found by its checksum (hex, so that it can be a Map key). */
export interface CatalogueRow {
  id: number;
  title_id: number;
  /** The row of the facts that were asked for with it; null where there were none, or they are not recorded. */
  facts_id: number | null;
}

const CATALOGUE_SQL = `
  SELECT s.id, s.title_id, encode(s.checksum, 'hex') AS checksum,
    (SELECT f.id FROM software_facts f WHERE f.software_id = s.id AND f.checksum = w.facts_checksum) AS facts_id
  FROM unnest($1::bytea[], $2::bytea[]) AS w(checksum, facts_checksum)
  CROSS JOIN LATERAL (
    SELECT id, title_id, w.checksum FROM software WHERE checksum = w.checksum
    UNION ALL
    SELECT k.id, k.title_id, w.checksum FROM software_aliases a JOIN software k ON k.id = a.software_id WHERE $3 AND a.checksum = w.checksum
    LIMIT 1
  ) s`;

/**
 * Software and its facts by their checksums, in one read: every new row of every report is looked up here. One index search a row:
 * plain joins read both tables as a whole for as long as they are small or PostgreSQL has no statistics (21 ms instead of 5 for 900
 * rows of a catalogue of 35,000). A key that software had under earlier rules finds it too (`software_aliases`), looked up only when
 * no software has that key now.
 */
export async function catalogueByChecksums(
  db: Database,
  wanted: { checksum: Buffer; facts_checksum: Buffer | null }[],
  { aliases }: { aliases: boolean } = { aliases: true },
): Promise<Map<string, CatalogueRow>> {
  if (wanted.length === 0) return new Map();
  const parameters = [wanted.map((w) => w.checksum), wanted.map((w) => w.facts_checksum), aliases];
  const query = preparedQuery<CatalogueRow & { checksum: string }>("catalogue-by-checksums", CATALOGUE_SQL, parameters);
  const { rows } = await db.executeQuery(query);
  return new Map(rows.map(({ checksum, ...row }) => [checksum, row]));
}

const TITLES_SQL = `
  SELECT t.id, encode(w.checksum, 'hex') AS checksum FROM unnest($1::bytea[]) AS w(checksum)
  CROSS JOIN LATERAL (SELECT id FROM software_titles WHERE checksum = w.checksum LIMIT 1) t`;

export async function titlesByChecksums(db: Database, checksums: Buffer[]): Promise<Map<string, number>> {
  if (checksums.length === 0) return new Map();
  const query = preparedQuery<{ id: number; checksum: string }>("titles-by-checksums", TITLES_SQL, [checksums]);
  const { rows } = await db.executeQuery(query);
  return new Map(rows.map((row) => [row.checksum, row.id]));
}

const TITLES_INSERT_SQL = `
  INSERT INTO software_titles (checksum, name, source, extension_for, bundle_identifier, application_id, upgrade_code)
  SELECT decode(checksum, 'hex'), name, source, extension_for, bundle_identifier, application_id, upgrade_code
  FROM json_to_recordset($1::json) AS r(checksum text, name text, source text, extension_for text, bundle_identifier text,
    application_id text, upgrade_code text)
  ON CONFLICT (checksum) DO NOTHING
  RETURNING id, encode(checksum, 'hex') AS checksum`;

/**
 * Inserts titles that do not exist, and returns the ids of those by checksum (hex): what somebody else inserted meanwhile is absent. The
 * caller orders the batch by checksum: every writer takes index locks in one order.
 */
export async function titlesInsertMissing(
  db: Database,
  titles: (TitleIdentity & { checksum: Buffer })[],
): Promise<Map<string, number>> {
  const query = preparedQuery<{ id: number; checksum: string }>("titles-insert", TITLES_INSERT_SQL, [recordsOf(titles)]);
  const { rows } = await db.executeQuery(query);
  return new Map(rows.map((row) => [row.checksum, row.id]));
}

const SOFTWARE_INSERT_SQL = `
  WITH locked AS MATERIALIZED (SELECT catalogue_lock_share() AS epoch)
  INSERT INTO software (checksum, title_id, name, version, source, bundle_identifier, release, vendor, arch, extension_id,
    extension_for, application_id, upgrade_code, derivation_version)
  SELECT decode(checksum, 'hex'), title_id, name, version, source, bundle_identifier, release, vendor, arch, extension_id,
    extension_for, application_id, upgrade_code, $2::integer
  FROM locked CROSS JOIN json_to_recordset($1::json) AS r(checksum text, title_id bigint, name text, version text, source text,
    bundle_identifier text, release text, vendor text, arch text, extension_id text, extension_for text, application_id text,
    upgrade_code text)
  WHERE locked.epoch = $3
  ON CONFLICT (checksum) DO NOTHING
  RETURNING id, title_id, encode(checksum, 'hex') AS checksum`;

/**
 * Inserts software that does not exist, ordered by checksum like {@link titlesInsertMissing}, and returns it by checksum (hex): what somebody
 * else inserted meanwhile is absent. Nothing when the catalogue is no longer at `epoch`: its title may have been merged or swept, its key
 * become another's alias. The check-in then misses the rows and starts over.
 */
export async function softwareInsertMissing(
  db: Database,
  rows: (SoftwareIdentity & { checksum: Buffer; title_id: number })[],
  placed: { epoch: number; derivation_version: number },
): Promise<Map<string, CatalogueRow>> {
  const parameters = [recordsOf(rows), placed.derivation_version, placed.epoch];
  const query = preparedQuery<Omit<CatalogueRow, "facts_id"> & { checksum: string }>(
    "software-insert",
    SOFTWARE_INSERT_SQL,
    parameters,
  );
  const inserted = await db.executeQuery(query);
  return new Map(inserted.rows.map(({ checksum, ...row }) => [checksum, { ...row, facts_id: null }]));
}

export interface FactsRow {
  software_id: number;
  checksum: Buffer;
  facts: SoftwareFacts;
}

const FACTS_INSERT_SQL = `
  INSERT INTO software_facts (software_id, checksum, source_package, source_version, epoch, origin)
  SELECT software_id, decode(checksum, 'hex'), coalesce(source_package, ''), coalesce(source_version, ''), coalesce(epoch, ''),
    coalesce(origin, '')
  FROM json_to_recordset($1::json) AS r(software_id bigint, checksum text, source_package text, source_version text, epoch text,
    origin text)
  ON CONFLICT (software_id, checksum) DO NOTHING
  RETURNING id, software_id`;

/** Inserts facts that do not exist, ordered by software; returns their ids by software: what somebody else inserted meanwhile is absent. */
export async function factsInsertMissing(db: Database, rows: FactsRow[]): Promise<Map<number, number>> {
  const records = recordsOf(rows.map(({ software_id, checksum, facts }) => ({ software_id, checksum, ...facts })));
  const query = preparedQuery<{ id: number; software_id: number }>("facts-insert", FACTS_INSERT_SQL, [records]);
  const inserted = await db.executeQuery(query);
  return new Map(inserted.rows.map((row) => [row.software_id, row.id]));
}

/** Rows as one parameter: a list of values would be 1,300 parameters a batch, each parsed and planned for. */
function recordsOf(rows: { checksum: Buffer }[]): string {
  return JSON.stringify(rows.map((row) => ({ ...row, checksum: row.checksum.toString("hex") })));
}
