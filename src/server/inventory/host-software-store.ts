import { CompiledQuery, sql } from "kysely";
import type { EndedLink, NewLink, RecordedLink, ResolvedEntry } from "#domain/inventory/plan.ts";
import { identityKey } from "#domain/software/identity.ts";
import { identityOf } from "#domain/software/software.ts";
import type { SignatureInformation, SoftwareEntry, SoftwareIdentity } from "#domain/software/software.ts";
import { numberArray, textArray } from "../database/array-literal.ts";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import { CatalogueRaceError } from "./catalogue-race.ts";

/** What is known of a host's sources, and the sequence that every change of its software advances. */
export interface HostInventoryState {
  software_sequence: number;
  /** The catalogue's, of the same moment (titles/epoch-store.ts). */
  title_epoch: number;
  sources: Map<string, RecordedSource>;
}

export interface RecordedSource {
  digest: Buffer;
  error: string | null;
  /** The rules that its recorded names follow. */
  derivation_version: number;
}

interface StateRow {
  software_sequence: number;
  title_epoch: number;
  source: string | null;
  digest: Buffer | null;
  error: string | null;
  derivation_version: number | null;
}

const STATE_SQL = `
  SELECT h.software_sequence, (SELECT title_epoch FROM catalogue_state) AS title_epoch, s.source, s.digest, s.error, s.derivation_version
  FROM hosts h LEFT JOIN host_software_sources s ON s.host_id = h.id
  WHERE h.id = $1`;

/** One indexed read, all that an unchanged check-in costs; null when the host does not exist (any more). */
export async function hostInventoryState(db: Database, hostId: number): Promise<HostInventoryState | null> {
  const { rows } = await db.executeQuery(preparedQuery<StateRow>("host-inventory-state", STATE_SQL, [hostId]));
  if (rows[0] === undefined) return null;
  const sources = new Map<string, RecordedSource>();
  for (const { source, digest, error, derivation_version } of rows)
    if (source !== null && digest !== null) sources.set(source, { digest, error, derivation_version: derivation_version ?? 1 });
  const { software_sequence, title_epoch } = rows[0];
  return { software_sequence, title_epoch, sources };
}

interface LinkRow {
  software_id: number;
  facts_id: number | null;
  /** Unix milliseconds, with a fraction: what continues a link must begin when it began. */
  since: number;
  /** Unix seconds. */
  last_opened_at: number | null;
  installed_paths: string[] | null;
  signature_information: SignatureInformation[] | null;
  installed_by: string | null;
}

/**
 * One row of the host, then its links: all of them, because which source a link is of is known to the caller for nearly all, and a look into
 * `software` for each costs more than the link itself. `date_part`, because `extract` calculates in decimals.
 */
const LINKS_SQL = `
  SELECT h.software_sequence, c.title_epoch, NULL::integer AS software_id, NULL::integer AS facts_id, NULL::float8 AS since,
    NULL::float8 AS last_opened_at, NULL::text[] AS installed_paths, NULL::json AS signature_information, NULL::text AS installed_by
  FROM hosts h CROSS JOIN catalogue_state c WHERE h.id = $1::integer
  UNION ALL
  SELECT NULL, NULL, software_id, facts_id, date_part('epoch', created_at) * 1000, floor(date_part('epoch', last_opened_at)),
    installed_paths, signature_information, installed_by
  FROM host_software WHERE host_id = $1::integer`;

/** What the caller knows of a row of the catalogue already: the entry that this software with these facts is. */
export interface KnownEntry {
  /** Identity key of the entry. */
  key: string;
  entry: SoftwareEntry;
  title_id: number;
  facts_id: number | null;
}

/** By software id. */
export interface KnownSoftware {
  entries: ReadonlyMap<number, KnownEntry>;
  /** The source of each software that was ever read; more is noted here. An id is never another software's. */
  sources: { get(softwareId: number): string | undefined; set(softwareId: number, source: string): void };
}

const NOTHING_KNOWN: KnownSoftware = { entries: new Map(), sources: new Map() };

/** What a host holds in some sources, as an array and by identity key. */
export interface HostLinks {
  software_sequence: number;
  title_epoch: number;
  links: RecordedLink[];
  keyed: Map<string, RecordedLink>;
}

/**
 * What a host holds in some sources, with the sequence and the catalogue's epoch it was read at, in one statement so that both come from
 * one snapshot (a replica may lag behind; the caller compares the sequence). Of the catalogue's rows, which never change at one epoch, only
 * those are read that the caller does not know.
 *
 * @throws {CatalogueRaceError} when some software is gone a moment after its link was read: both went meanwhile
 */
export async function hostSoftwareOfSources(
  db: ReadonlyDatabase,
  hostId: number,
  sources: string[],
  known: KnownSoftware = NOTHING_KNOWN,
): Promise<HostLinks> {
  const query = preparedQuery<LinkRow & { software_sequence: number | null; title_epoch: number | null }>(
    "host-links",
    LINKS_SQL,
    [hostId],
  );
  // the type refuses every statement of our own, this one reads
  const { rows } = await (db as unknown as Database).executeQuery(query);
  const host = rows.find((row) => row.software_sequence !== null);
  const held = rows.filter((row) => row.software_id !== null && isOfSources(known.sources.get(row.software_id), sources));
  const entries = await entriesOf(db, held, known);
  const links: RecordedLink[] = [];
  const keyed = new Map<string, RecordedLink>();
  for (const row of held) {
    const entry = entries.get(row.software_id);
    if (entry === undefined) throw new CatalogueRaceError(`software ${row.software_id} went while it was being read`);
    if (!sources.includes(entry.entry.source)) continue;
    const link = recordedLink(row, entry);
    links.push(link);
    keyed.set(entry.key, link);
  }
  return { software_sequence: host?.software_sequence ?? -1, title_epoch: host?.title_epoch ?? -1, links, keyed };
}

function isOfSources(source: string | undefined, sources: string[]): boolean {
  return source === undefined || sources.includes(source);
}

interface CatalogueEntry {
  key: string;
  entry: SoftwareIdentity & Pick<SoftwareEntry, "facts">;
  title_id: number;
}

async function entriesOf(db: ReadonlyDatabase, links: LinkRow[], known: KnownSoftware): Promise<Map<number, CatalogueEntry>> {
  const entries = new Map<number, CatalogueEntry>();
  const unknown: LinkRow[] = [];
  for (const link of links) {
    const found = known.entries.get(link.software_id);
    if (found?.facts_id === link.facts_id) entries.set(link.software_id, found);
    else unknown.push(link);
  }
  if (unknown.length === 0) return entries;
  const rows = await db
    .selectFrom(
      sql<{ software_id: number; facts_id: number | null }>`unnest(
        ${numberArray(unknown.map((link) => link.software_id))}::integer[], ${numberArray(unknown.map((link) => link.facts_id))}::integer[])`.as<"l">(
        sql`l(software_id, facts_id)`,
      ),
    )
    .innerJoin("software as s", "s.id", "l.software_id")
    .leftJoin("software_facts as f", "f.id", "l.facts_id")
    .select([
      "l.software_id",
      "l.facts_id",
      "s.title_id",
      "s.name",
      "s.version",
      "s.source",
      "s.bundle_identifier",
      "s.release",
      "s.vendor",
    ])
    .select(["s.arch", "s.extension_id", "s.extension_for", "s.application_id", "s.upgrade_code"])
    .select(["f.source_package", "f.source_version", "f.epoch", "f.origin"])
    .execute();
  for (const row of rows) {
    const identity = identityOf(row);
    const { software_id, title_id } = row;
    entries.set(software_id, { key: identityKey(identity), entry: { ...identity, facts: factsOf(row) }, title_id });
    known.sources.set(software_id, row.source);
  }
  return entries;
}

function recordedLink(row: LinkRow, { entry, title_id }: CatalogueEntry): RecordedLink {
  return {
    ...identityOf(entry),
    software_id: row.software_id,
    title_id,
    since: row.since,
    last_opened_at: row.last_opened_at,
    installed_paths: row.installed_paths ?? [],
    signature_information: row.signature_information ?? [],
    facts: entry.facts,
    installed_by: row.installed_by ?? "",
  };
}

interface FactsColumns {
  facts_id: number | null;
  source_package: string | null;
  source_version: string | null;
  epoch: string | null;
  origin: string | null;
}

function factsOf(row: FactsColumns): SoftwareEntry["facts"] {
  if (row.facts_id === null) return null;
  return {
    source_package: row.source_package ?? "",
    source_version: row.source_version ?? "",
    epoch: row.epoch ?? "",
    origin: row.origin ?? "",
  };
}

const LOCK_SQL = `
  SELECT h.software_sequence, catalogue_lock_share() AS title_epoch
  FROM (SELECT software_sequence FROM hosts WHERE id = $1 FOR NO KEY UPDATE) h`;

/**
 * Takes the host's row, and then the catalogue (shared), for this transaction: check-ins and deletion of one host happen one after the
 * other, and nothing is swept or re-keyed meanwhile. Returns what is true once both were granted; null: no such host.
 */
export async function hostLockInTx(
  tx: Database,
  hostId: number,
): Promise<{ software_sequence: number; title_epoch: number } | null> {
  const query = preparedQuery<{ software_sequence: number; title_epoch: number }>("host-lock", LOCK_SQL, [hostId]);
  return (await tx.executeQuery(query)).rows[0] ?? null;
}

/** Removes links and keeps what they were as history, in one statement. Returns the number of links removed. */
export async function hostSoftwareEndInTx(tx: Database, hostId: number, ended: EndedLink[]): Promise<number> {
  if (ended.length === 0) return 0;
  const rows = JSON.stringify(
    ended.map((e) => ({
      software_id: e.software_id,
      title_id: e.title_id,
      event: e.event,
      next_software_id: e.next_software_id,
    })),
  );
  const result = await sql`
    WITH ended AS (
      SELECT * FROM json_to_recordset(${rows}::json) AS e(software_id bigint, title_id bigint, event text, next_software_id bigint)
    ), unlinked AS (
      DELETE FROM host_software hs USING ended e
      WHERE hs.host_id = ${hostId} AND hs.software_id = e.software_id
      RETURNING hs.software_id, hs.created_at, hs.installed_by, e.title_id, e.event, e.next_software_id
    )
    INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, event, next_software_id, installed_by)
    SELECT ${hostId}, software_id, title_id, created_at, event, next_software_id, installed_by FROM unlinked`.execute(tx);
  return Number(result.numAffectedRows ?? 0);
}

const LINKS = `unnest($2::integer[], $3::integer[], $4::double precision[], $5::double precision[], $6::text[], $7::text[], $8::text[])
  AS r (software_id, facts_id, opened, since, paths, signatures, installed_by)`;

const BEGIN_SQL = `
  INSERT INTO host_software (host_id, software_id, facts_id, last_opened_at, created_at, installed_paths, signature_information, installed_by)
  SELECT $1::integer, r.software_id, r.facts_id, to_timestamp(r.opened), coalesce(to_timestamp(r.since), now()), r.paths::text[],
    r.signatures::json, r.installed_by
  FROM ${LINKS}`;

const UPDATE_SQL = `
  UPDATE host_software hs
  SET facts_id = r.facts_id, last_opened_at = to_timestamp(r.opened), installed_paths = r.paths::text[],
    signature_information = r.signatures::json, installed_by = r.installed_by
  FROM ${LINKS} WHERE hs.host_id = $1 AND hs.software_id = r.software_id`;

/** The parameters of {@link LINKS}: a column each, which the database reads in two thirds of the time that records of JSON take. */
function linkColumns(hostId: number, entries: (ResolvedEntry & { since?: number | null })[]): unknown[] {
  const opened = entries.map(({ entry }) => entry.last_opened_at);
  const since = entries.map((link) => (typeof link.since === "number" ? link.since / 1000 : null));
  const paths = entries.map(({ entry }) => (entry.installed_paths.length === 0 ? null : textArray(entry.installed_paths)));
  const signatures = entries.map(({ entry }) =>
    entry.signature_information.length === 0 ? null : JSON.stringify(entry.signature_information),
  );
  const by = entries.map(({ entry }) => entry.installed_by || null);
  return [
    hostId,
    numberArray(entries.map((link) => link.software_id)),
    numberArray(entries.map((link) => link.facts_id)),
    numberArray(opened),
    numberArray(since),
    textArray(paths),
    textArray(signatures),
    textArray(by),
  ];
}

/** Makes links to software that exists: the caller holds the catalogue at the epoch at which the ids were found. */
export async function hostSoftwareBeginInTx(tx: Database, hostId: number, links: NewLink[]): Promise<void> {
  if (links.length === 0) return;
  await tx.executeQuery(preparedQuery("host-software-begin", BEGIN_SQL, linkColumns(hostId, links)));
}

export async function hostSoftwareUpdateInTx(tx: Database, hostId: number, entries: ResolvedEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.executeQuery(CompiledQuery.raw(UPDATE_SQL, linkColumns(hostId, entries)));
}

export interface SourceState {
  source: string;
  /** Absent for a failure: the digest of the last good report stays. */
  digest?: Buffer;
  rows_count?: number;
  derivation_version?: number;
  error: string | null;
}

const SAVE_SQL = `
  WITH saved AS (
    INSERT INTO host_software_sources AS s (host_id, source, digest, rows_count, error, first_reported_at, derivation_version)
    SELECT $1::bigint, r.source, coalesce(decode(r.digest, 'hex'), ''), coalesce(r.rows_count, 0), r.error,
      CASE WHEN r.digest IS NOT NULL THEN now() END, r.version
    FROM json_to_recordset($2::json) AS r(source text, digest text, rows_count integer, error text, version integer)
    ON CONFLICT (host_id, source) DO UPDATE SET
      digest = CASE WHEN EXCLUDED.digest = '' THEN s.digest ELSE EXCLUDED.digest END,
      rows_count = CASE WHEN EXCLUDED.digest = '' THEN s.rows_count ELSE EXCLUDED.rows_count END,
      updated_at = CASE WHEN EXCLUDED.digest = '' THEN s.updated_at ELSE now() END,
      first_reported_at = CASE WHEN s.digest = '' THEN EXCLUDED.first_reported_at ELSE s.first_reported_at END,
      derivation_version = greatest(s.derivation_version, EXCLUDED.derivation_version),
      error = EXCLUDED.error
  )
  UPDATE hosts SET software_sequence = software_sequence + 1, software_count = software_count + $3::integer, software_updated_at = now()
  WHERE id = $1`;

/** Stores what is known of each source from now on, and advances the host's sequence. */
export async function hostReportSaveInTx(tx: Database, hostId: number, states: SourceState[], rowsDelta: number): Promise<void> {
  const rows = states.map((s) => ({
    ...s,
    digest: s.digest?.toString("hex") ?? null,
    rows_count: s.rows_count ?? null,
    version: s.derivation_version ?? 1,
  }));
  await tx.executeQuery(preparedQuery("host-report-save", SAVE_SQL, [hostId, JSON.stringify(rows), rowsDelta]));
}
