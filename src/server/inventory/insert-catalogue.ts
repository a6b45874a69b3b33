import { factsKey } from "#domain/inventory/difference.ts";
import { identityKey } from "#domain/software/identity.ts";
import { derivationVersion } from "#domain/software/derivation/derivations.ts";
import { identityOf } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { Database } from "../database/tables.ts";
import {
  catalogueByChecksums,
  factsInsertMissing,
  softwareInsertMissing,
  type CatalogueRow,
  type FactsRow,
} from "./catalogue-store.ts";
import type { CatalogueIds } from "./catalogue-ids.ts";
import { checksumOf } from "./checksum.ts";
import { nameTitles } from "./titles/name-titles.ts";
import { placeSoftware } from "./titles/place-software.ts";

/** Rows per INSERT of phase 1: small, so that locks on index pages are held for a moment only (seed 002). */
const INSERT_BATCH_ROWS = 100;

/** An entry that may be new to the catalogue. */
export interface ArrivingEntry {
  entry: SoftwareEntry;
  /** What its row is remembered by ({@link catalogueKey}). */
  catalogueKey: string;
}

/** An entry with all that it is looked up by: hashing takes longer than everything else here, so it happens once. */
interface KeyedEntry {
  value: SoftwareEntry;
  catalogueKey: string;
  checksum: Buffer;
  hex: string;
  facts_checksum: Buffer | null;
}

/**
 * Phase 1 of a check-in (seed 002): makes sure that every entry has its row in the shared catalogue and returns the rows by these very
 * entries. Outside any transaction, in small batches ordered by checksum, and only what is truly missing: hosts that bring the same new
 * software at once neither deadlock nor queue behind each other's transactions.
 *
 * @param epoch the catalogue's, read before anything this check-in compares with; at another one nothing is inserted
 * @param ids what this process knows already: neither hashed nor looked up
 */
export async function insertCatalogue(
  db: Database,
  entries: ArrivingEntry[],
  epoch: number,
  ids: CatalogueIds,
): Promise<Map<SoftwareEntry, CatalogueRow>> {
  const rows = new Map<SoftwareEntry, CatalogueRow>();
  const unknown: ArrivingEntry[] = [];
  for (const arriving of entries) {
    const row = ids.get(epoch, arriving.catalogueKey);
    if (row === undefined) unknown.push(arriving);
    else rows.set(arriving.entry, row);
  }
  if (unknown.length === 0) return rows;
  const keyed = unknown.map(keyedEntry);
  const found = await lookUp(db, keyed, epoch, ids);
  for (const { value, catalogueKey, hex, facts_checksum } of keyed) {
    const row = found.get(hex);
    if (row === undefined) continue;
    rows.set(value, row);
    if (facts_checksum === null || row.facts_id !== null) ids.set(epoch, catalogueKey, row);
  }
  return rows;
}

async function lookUp(db: Database, keyed: KeyedEntry[], epoch: number, ids: CatalogueIds): Promise<Map<string, CatalogueRow>> {
  const known = await catalogueByChecksums(db, keyed);
  const missing = keyed.filter((k) => !known.has(k.hex));
  if (missing.length > 0) for (const [hex, row] of await insertSoftware(db, missing, epoch, ids)) known.set(hex, row);
  const factless = keyed.filter((k) => k.facts_checksum !== null && known.get(k.hex)?.facts_id === null);
  if (factless.length > 0) for (const [hex, row] of await insertFacts(db, factless, known)) known.set(hex, row);
  return known;
}

function keyedEntry({ entry: value, catalogueKey }: ArrivingEntry): KeyedEntry {
  const facts_checksum = value.facts === null ? null : checksumOf(factsKey(value.facts));
  const checksum = checksumOf(identityKey(value));
  return { value, catalogueKey, checksum, hex: checksum.toString("hex"), facts_checksum };
}

/** What was inserted, and by one more read what others inserted at the same time. */
async function insertSoftware(
  db: Database,
  missing: KeyedEntry[],
  epoch: number,
  ids: CatalogueIds,
): Promise<Map<string, CatalogueRow>> {
  const titleOfEntry = await placeSoftware(
    db,
    missing.map((m) => m.value),
    { epoch, titles: ids.titles },
  );
  const rows = missing.map(({ value, checksum, hex }) => ({
    hex,
    row: { ...identityOf(value), checksum, title_id: titleOfEntry(value) },
  }));
  const placed = { epoch, derivation_version: derivationVersion() };
  const found = new Map<string, CatalogueRow>();
  for (const batch of orderedBatches(rows)) {
    // oxlint-disable-next-line no-await-in-loop -- one small statement after the other is the point
    const inserted = await softwareInsertMissing(
      db,
      batch.map((b) => b.row),
      placed,
    );
    for (const [hex, row] of inserted) found.set(hex, row);
  }
  await nameTitles(
    db,
    rows.map(({ row }) => row),
  );
  const others = await catalogueByChecksums(
    db,
    missing.filter((m) => !found.has(m.hex)),
  );
  for (const [hex, row] of others) found.set(hex, row);
  return found;
}

async function insertFacts(
  db: Database,
  factless: KeyedEntry[],
  known: Map<string, CatalogueRow>,
): Promise<Map<string, CatalogueRow>> {
  const rows: FactsRow[] = [];
  for (const { value, hex, facts_checksum } of factless) {
    const row = known.get(hex);
    if (row !== undefined && facts_checksum !== null && value.facts !== null)
      rows.push({ software_id: row.id, checksum: facts_checksum, facts: value.facts });
  }
  const ordered = rows.toSorted((a, b) => a.software_id - b.software_id);
  const inserted = new Map<number, number>();
  for (let i = 0; i < ordered.length; i += INSERT_BATCH_ROWS) {
    // oxlint-disable-next-line no-await-in-loop -- see insertSoftware
    const batch = await factsInsertMissing(db, ordered.slice(i, i + INSERT_BATCH_ROWS));
    for (const [software, facts] of batch) inserted.set(software, facts);
  }
  const found = new Map<string, CatalogueRow>();
  for (const { hex } of factless) {
    const row = known.get(hex);
    const facts_id = row === undefined ? undefined : inserted.get(row.id);
    if (row !== undefined && facts_id !== undefined) found.set(hex, { ...row, facts_id });
  }
  const others = await catalogueByChecksums(
    db,
    factless.filter((f) => !found.has(f.hex)),
  );
  for (const [hex, row] of others) found.set(hex, row);
  return found;
}

function orderedBatches<T extends { hex: string }>(items: T[]): T[][] {
  const ordered = items.toSorted((a, b) => (a.hex < b.hex ? -1 : 1));
  const batches: T[][] = [];
  for (let i = 0; i < ordered.length; i += INSERT_BATCH_ROWS) batches.push(ordered.slice(i, i + INSERT_BATCH_ROWS));
  return batches;
}
