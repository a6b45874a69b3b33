import { sql } from "kysely";
import type { TitleIdentity } from "#domain/software/title.ts";
import type { SoftwareFacts, SoftwareIdentity } from "#domain/software/software.ts";
import type { Database } from "../database/tables.ts";

/** A row of the shared catalogue, found by its checksum (hex, so that it can be a Map key). */
export interface CatalogueRow {
  id: number;
  title_id: number;
}

export async function softwareByChecksums(db: Database, checksums: Buffer[]): Promise<Map<string, CatalogueRow>> {
  if (checksums.length === 0) return new Map();
  const { rows } = await sql<{ id: number; title_id: number; checksum: string }>`
    SELECT id, title_id, encode(checksum, 'hex') AS checksum FROM software
    WHERE checksum = ANY (SELECT decode(unnest(${hexes(checksums)}::text[]), 'hex'))`.execute(db);
  return new Map(rows.map((row) => [row.checksum, { id: row.id, title_id: row.title_id }]));
}

export async function titlesByChecksums(db: Database, checksums: Buffer[]): Promise<Map<string, number>> {
  if (checksums.length === 0) return new Map();
  const { rows } = await sql<{ id: number; checksum: string }>`
    SELECT id, encode(checksum, 'hex') AS checksum FROM software_titles
    WHERE checksum = ANY (SELECT decode(unnest(${hexes(checksums)}::text[]), 'hex'))`.execute(db);
  return new Map(rows.map((row) => [row.checksum, row.id]));
}

function hexes(checksums: Buffer[]): string[] {
  return checksums.map((checksum) => checksum.toString("hex"));
}

/** Inserts titles that do not exist. The caller orders the batch by checksum: every writer takes index locks in one order. */
export async function titlesInsertMissing(db: Database, titles: (TitleIdentity & { checksum: Buffer })[]): Promise<void> {
  await db
    .insertInto("software_titles")
    .values(titles)
    .onConflict((c) => c.column("checksum").doNothing())
    .execute();
}

/** Inserts software that does not exist, ordered by checksum like {@link titlesInsertMissing}. */
export async function softwareInsertMissing(
  db: Database,
  rows: (SoftwareIdentity & { checksum: Buffer; title_id: number })[],
): Promise<void> {
  await db
    .insertInto("software")
    .values(rows)
    .onConflict((c) => c.column("checksum").doNothing())
    .execute();
}

export interface FactsRow {
  software_id: number;
  checksum: Buffer;
  facts: SoftwareFacts;
}

/** Ids of fact rows by `<software id>:<checksum hex>`, for those that exist. */
export async function factsByChecksums(db: Database, wanted: FactsRow[]): Promise<Map<string, number>> {
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<{ id: number; software_id: number; checksum: string }>`
    SELECT f.id, f.software_id, encode(f.checksum, 'hex') AS checksum
    FROM unnest(${wanted.map((w) => w.software_id)}::bigint[], ${hexes(wanted.map((w) => w.checksum))}::text[]) AS w(software_id, checksum)
    JOIN software_facts f ON f.software_id = w.software_id AND f.checksum = decode(w.checksum, 'hex')`.execute(db);
  return new Map(rows.map((row) => [`${row.software_id}:${row.checksum}`, row.id]));
}

export async function factsInsertMissing(db: Database, rows: FactsRow[]): Promise<void> {
  await db
    .insertInto("software_facts")
    .values(rows.map(({ software_id, checksum, facts }) => ({ software_id, checksum, ...facts })))
    .onConflict((c) => c.columns(["software_id", "checksum"]).doNothing())
    .execute();
}
