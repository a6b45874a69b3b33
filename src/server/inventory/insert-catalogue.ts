import { factsKey } from "#domain/inventory/difference.ts";
import type { ResolvedEntry } from "#domain/inventory/plan.ts";
import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry, SoftwareIdentity } from "#domain/software/software.ts";
import { titleKey, titleOf, type TitleIdentity } from "#domain/software/title.ts";
import type { Database } from "../database/tables.ts";
import {
  factsByChecksums,
  factsInsertMissing,
  softwareByChecksums,
  softwareInsertMissing,
  titlesByChecksums,
  titlesInsertMissing,
  type CatalogueRow,
  type FactsRow,
} from "./catalogue-store.ts";
import { checksumOf } from "./checksum.ts";

/** Rows per INSERT of phase 1: small, so that locks on index pages are held for a moment only (seed 002). */
const INSERT_BATCH_ROWS = 100;

interface Keyed<T> {
  value: T;
  checksum: Buffer;
  hex: string;
}

/**
 * Phase 1 of a check-in (seed 002): makes sure that every entry has its row in the shared catalogue and returns a function that
 * gives the ids. Outside any transaction, in small batches ordered by checksum, and only what is truly missing: hosts that bring
 * the same new software at once neither deadlock nor queue behind each other's transactions.
 */
export async function insertCatalogue(db: Database, entries: SoftwareEntry[]): Promise<(entry: SoftwareEntry) => ResolvedEntry> {
  const keyed = entries.map((entry) => keyedBy(entry, identityKey(entry)));
  const known = await softwareByChecksums(
    db,
    keyed.map((k) => k.checksum),
  );
  const missing = keyed.filter((k) => !known.has(k.hex));
  if (missing.length > 0) for (const [hex, row] of await insertSoftware(db, missing)) known.set(hex, row);
  const facts = await resolveFacts(db, keyed, known);
  return resolver(known, facts);
}

function keyedBy<T>(value: T, key: string): Keyed<T> {
  const checksum = checksumOf(key);
  return { value, checksum, hex: checksum.toString("hex") };
}

function resolver(known: Map<string, CatalogueRow>, facts: Map<string, number>) {
  return (entry: SoftwareEntry): ResolvedEntry => {
    const row = known.get(checksumOf(identityKey(entry)).toString("hex"));
    if (row === undefined) throw new CatalogueRaceError(`software ${entry.name} disappeared while it was being linked`);
    const facts_id = entry.facts === null ? null : (facts.get(`${row.id}:${factsChecksum(entry).toString("hex")}`) ?? null);
    return { entry, software_id: row.id, title_id: row.title_id, facts_id };
  };
}

/** The catalogue changed under this check-in (an orphan sweep); the check-in starts over. */
export class CatalogueRaceError extends Error {
  override readonly name = "CatalogueRaceError";
}

async function insertSoftware(db: Database, missing: Keyed<SoftwareEntry>[]): Promise<Map<string, CatalogueRow>> {
  const titles = await insertTitles(db, missing);
  const rows = missing.map(({ value, checksum, hex }) => ({
    hex,
    row: { ...identityOf(value), checksum, title_id: titleIdOf(titles, value) },
  }));
  for (const batch of orderedBatches(rows)) {
    // oxlint-disable-next-line no-await-in-loop -- one small statement after the other is the point
    await softwareInsertMissing(
      db,
      batch.map((b) => b.row),
    );
  }
  return softwareByChecksums(
    db,
    missing.map((m) => m.checksum),
  );
}

function titleIdOf(titles: Map<string, number>, entry: SoftwareEntry): number {
  const id = titles.get(checksumOf(titleKey(titleOf(entry))).toString("hex"));
  if (id === undefined) throw new CatalogueRaceError(`the title of ${entry.name} disappeared while it was being linked`);
  return id;
}

async function insertTitles(db: Database, software: Keyed<SoftwareEntry>[]): Promise<Map<string, number>> {
  const wanted = new Map<string, Keyed<TitleIdentity>>();
  for (const { value } of software) {
    const title = keyedBy(titleOf(value), titleKey(titleOf(value)));
    if (!wanted.has(title.hex)) wanted.set(title.hex, title);
  }
  const checksums = [...wanted.values()].map((t) => t.checksum);
  const known = await titlesByChecksums(db, checksums);
  const missing = [...wanted.values()].filter((t) => !known.has(t.hex));
  if (missing.length === 0) return known;
  for (const batch of orderedBatches(missing)) {
    // oxlint-disable-next-line no-await-in-loop -- see insertSoftware
    await titlesInsertMissing(
      db,
      batch.map((t) => ({ ...t.value, checksum: t.checksum })),
    );
  }
  return titlesByChecksums(db, checksums);
}

async function resolveFacts(
  db: Database,
  keyed: Keyed<SoftwareEntry>[],
  known: Map<string, CatalogueRow>,
): Promise<Map<string, number>> {
  const wanted: FactsRow[] = [];
  for (const { value, hex } of keyed) {
    const row = known.get(hex);
    if (value.facts !== null && row !== undefined)
      wanted.push({ software_id: row.id, checksum: factsChecksum(value), facts: value.facts });
  }
  const found = await factsByChecksums(db, wanted);
  const missing = wanted.filter((w) => !found.has(`${w.software_id}:${w.checksum.toString("hex")}`));
  if (missing.length === 0) return found;
  const ordered = missing.toSorted((a, b) => a.software_id - b.software_id);
  for (let i = 0; i < ordered.length; i += INSERT_BATCH_ROWS) {
    // oxlint-disable-next-line no-await-in-loop -- see insertSoftware
    await factsInsertMissing(db, ordered.slice(i, i + INSERT_BATCH_ROWS));
  }
  return factsByChecksums(db, wanted);
}

function factsChecksum(entry: SoftwareEntry): Buffer {
  return checksumOf(factsKey(entry.facts));
}

function orderedBatches<T extends { hex: string }>(items: T[]): T[][] {
  const ordered = items.toSorted((a, b) => (a.hex < b.hex ? -1 : 1));
  const batches: T[][] = [];
  for (let i = 0; i < ordered.length; i += INSERT_BATCH_ROWS) batches.push(ordered.slice(i, i + INSERT_BATCH_ROWS));
  return batches;
}

function identityOf(entry: SoftwareEntry): SoftwareIdentity {
  const {
    name,
    version,
    source,
    bundle_identifier,
    release,
    vendor,
    arch,
    extension_id,
    extension_for,
    application_id,
    upgrade_code,
  } = entry;
  return {
    name,
    version,
    source,
    bundle_identifier,
    release,
    vendor,
    arch,
    extension_id,
    extension_for,
    application_id,
    upgrade_code,
  };
}
