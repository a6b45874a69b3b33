import { LAST_OPENED_STEP_SECONDS } from "#domain/inventory/difference.ts";
import type { RecordedLink } from "#domain/inventory/plan.ts";
import { identityKey } from "#domain/software/identity.ts";
import { identityOf } from "#domain/software/software.ts";
import type { SignatureInformation, SoftwareEntry, SoftwareIdentity } from "#domain/software/software.ts";
import { numberArray } from "../database/array-literal.ts";
import { preparedQuery } from "../database/prepared-query.ts";
import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import { CatalogueRaceError } from "./catalogue-race.ts";
import { linkDetails } from "./link-columns.ts";

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
 * One row of the host; then its links that are not as the caller says, found by the primary key alone: what they are links to is known to
 * the caller for nearly all, and a look into `software` for each costs more than the link itself. Last, what the caller takes the host to
 * hold and it does not, as `missing_id`. What of a link can differ is decided again in {@link linkChange}; this lets pass a little more.
 * `date_part`, because `extract` calculates in decimals.
 */
const LINKS_SQL = `
  SELECT h.software_sequence, c.title_epoch, NULL::integer AS missing_id, NULL::integer AS software_id, NULL::integer AS facts_id,
    NULL::float8 AS since, NULL::float8 AS last_opened_at, NULL::text[] AS installed_paths, NULL::json AS signature_information,
    NULL::text AS installed_by
  FROM hosts h CROSS JOIN catalogue_state c WHERE h.id = $1::integer
  UNION ALL
  SELECT NULL, NULL, CASE WHEN hs.software_id IS NULL THEN r.software_id END, hs.software_id, hs.facts_id,
    date_part('epoch', hs.created_at) * 1000, floor(date_part('epoch', hs.last_opened_at)), hs.installed_paths, hs.signature_information,
    hs.installed_by
  FROM (SELECT * FROM host_software WHERE host_id = $1::integer) hs
    FULL JOIN unnest($2::integer[], $3::integer[], $4::float8[], $5::text[], $6::text[], $7::text[], $8::boolean[])
      AS r (software_id, facts_id, opened, paths, signatures, installed_by, ignored) ON r.software_id = hs.software_id
  WHERE r.software_id IS NULL OR (r.ignored IS NULL AND (hs.software_id IS NULL OR hs.facts_id IS DISTINCT FROM r.facts_id
    OR (r.opened IS NOT NULL AND (hs.last_opened_at IS NULL OR r.opened - floor(date_part('epoch', hs.last_opened_at)) >= ${LAST_OPENED_STEP_SECONDS}))
    OR hs.installed_paths IS DISTINCT FROM r.paths::text[]
    OR (r.signatures IS NOT NULL AND hs.signature_information::text IS DISTINCT FROM r.signatures)
    OR (r.installed_by IS NOT NULL AND hs.installed_by IS DISTINCT FROM r.installed_by)))`;

interface HostRow {
  software_sequence: number | null;
  title_epoch: number | null;
  missing_id: number | null;
}

/** What the caller knows of a row of the catalogue already: the entry that this software with these facts is. */
export interface KnownEntry {
  /** Identity key of the entry. */
  key: string;
  entry: SoftwareEntry;
  title_id: number;
  facts_id: number | null;
}

export interface KnownSoftware {
  /** By software id: what the host was reported to hold in the sources that are asked for. */
  entries: ReadonlyMap<number, KnownEntry>;
  /** Software of other sources: its links are not asked for. */
  others: readonly number[];
  /** The source of each software that was ever read; more is noted here. An id is never another software's. */
  sources: { get(softwareId: number): string | undefined; set(softwareId: number, source: string): void };
}

/** @param sources what the caller remembers of sources */
export function nothingKnown(sources: KnownSoftware["sources"] = new Map()): KnownSoftware {
  return { entries: new Map(), others: [], sources };
}

/** In which of some sources' links a host differs from what the caller knows; without knowledge, all of them. */
export interface HostLinks {
  software_sequence: number;
  title_epoch: number;
  links: RecordedLink[];
  /** The same by identity key. */
  keyed: Map<string, RecordedLink>;
  /** Software that the caller named and the host does not hold. */
  missing: number[];
}

/**
 * What a host holds in some sources and the caller does not know yet, with the sequence and the catalogue's epoch it was read at, in one
 * statement so that all come from one snapshot (a replica may lag behind; the caller compares the sequence). Of the catalogue's rows, which
 * never change at one epoch, only those are read that the caller does not know.
 *
 * @throws {CatalogueRaceError} when some software is gone a moment after its link was read: both went meanwhile
 */
export async function hostSoftwareOfSources(
  db: ReadonlyDatabase,
  hostId: number,
  sources: string[],
  known: KnownSoftware = nothingKnown(),
): Promise<HostLinks> {
  const query = preparedQuery<LinkRow & HostRow>("host-links", LINKS_SQL, [hostId, ...knownColumns(known)]);
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
  const missing = rows.map((row) => row.missing_id).filter((id) => id !== null);
  return { software_sequence: host?.software_sequence ?? -1, title_epoch: host?.title_epoch ?? -1, links, keyed, missing };
}

/** The parameters of {@link LINKS_SQL} behind the host. */
function knownColumns({ entries, others }: KnownSoftware): unknown[] {
  const known = [...entries.values()];
  const details = linkDetails(known.map(({ entry }) => entry));
  const ignored = others.length === 0 ? null : `{${known.map(() => "NULL,").join("")}${others.map(() => "t").join(",")}}`;
  return [
    numberArray([...entries.keys(), ...others]),
    numberArray(known.map(({ facts_id }) => facts_id)),
    details.opened,
    details.paths,
    details.signatures,
    details.installed_by,
    ignored,
  ];
}

function isOfSources(source: string | undefined, sources: string[]): boolean {
  return source === undefined || sources.includes(source);
}

interface CatalogueEntry {
  key: string;
  entry: SoftwareIdentity & Pick<SoftwareEntry, "facts">;
  title_id: number;
}

/** One index search a row, however small the tables are when this is planned. */
const ENTRIES_SQL = `
  SELECT l.software_id, l.facts_id, s.title_id, s.name, s.version, s.source, s.bundle_identifier, s.release, s.vendor, s.arch,
    s.extension_id, s.extension_for, s.application_id, s.upgrade_code, f.source_package, f.source_version, f.epoch, f.origin
  FROM unnest($1::integer[], $2::integer[]) AS l(software_id, facts_id)
  CROSS JOIN LATERAL (SELECT * FROM software WHERE id = l.software_id LIMIT 1) s
  LEFT JOIN LATERAL (SELECT * FROM software_facts WHERE id = l.facts_id LIMIT 1) f ON true`;

async function entriesOf(db: ReadonlyDatabase, links: LinkRow[], known: KnownSoftware): Promise<Map<number, CatalogueEntry>> {
  const entries = new Map<number, CatalogueEntry>();
  const unknown: LinkRow[] = [];
  for (const link of links) {
    const found = known.entries.get(link.software_id);
    if (found?.facts_id === link.facts_id) entries.set(link.software_id, found);
    else unknown.push(link);
  }
  if (unknown.length === 0) return entries;
  const ids = [numberArray(unknown.map((link) => link.software_id)), numberArray(unknown.map((link) => link.facts_id))];
  const query = preparedQuery<SoftwareIdentity & FactsColumns & { software_id: number; title_id: number }>(
    "link-entries",
    ENTRIES_SQL,
    ids,
  );
  const { rows } = await (db as unknown as Database).executeQuery(query);
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
