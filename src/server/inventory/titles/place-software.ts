import type { SoftwareEntry, SoftwareIdentity } from "#domain/software/software.ts";
import { placeInTitle } from "#domain/software/title-placement.ts";
import { titleKey, titleOf, type TitleIdentity } from "#domain/software/title.ts";
import type { Database } from "../../database/tables.ts";
import { CatalogueRaceError } from "../catalogue-race.ts";
import { titlesByChecksums, titlesInsertMissing } from "../catalogue-store.ts";
import { checksumOf } from "../checksum.ts";
import { placementRules } from "./placement-store.ts";

/** Titles per INSERT, as for software (insert-catalogue.ts). */
const INSERT_BATCH_ROWS = 100;

interface KeyedTitle {
  title: TitleIdentity;
  checksum: Buffer;
  hex: string;
}

/**
 * Finds the title of each of these, making titles that do not exist: the one its identity derives, then where an administrator's merges
 * and splits lead from there. Returns the title id of these very objects. Outside any transaction, like all of phase 1.
 */
export async function placeSoftware<S extends SoftwareIdentity = SoftwareEntry>(
  db: Database,
  software: S[],
): Promise<(entry: S) => number> {
  const keyed = new Map(software.map((entry) => [entry, keyedTitle(titleOf(entry))]));
  const derived = await insertTitles(db, [...new Map([...keyed.values()].map((t) => [t.hex, t])).values()]);
  const rules = await placementRules(db, [...new Set(derived.values())]);
  return (entry) => {
    const id = derived.get(keyed.get(entry)?.hex ?? "");
    if (id === undefined) throw new CatalogueRaceError(`the title of ${entry.name} disappeared while it was being linked`);
    return placeInTitle(id, entry, rules);
  };
}

function keyedTitle(title: TitleIdentity): KeyedTitle {
  const checksum = checksumOf(titleKey(title));
  return { title, checksum, hex: checksum.toString("hex") };
}

/** Ids by checksum (hex). Only what is truly missing is inserted, in batches ordered by checksum (seed 002). */
async function insertTitles(db: Database, wanted: KeyedTitle[]): Promise<Map<string, number>> {
  const checksums = wanted.map((t) => t.checksum);
  const known = await titlesByChecksums(db, checksums);
  const missing = wanted.filter((t) => !known.has(t.hex)).toSorted((a, b) => (a.hex < b.hex ? -1 : 1));
  if (missing.length === 0) return known;
  for (let i = 0; i < missing.length; i += INSERT_BATCH_ROWS) {
    // oxlint-disable-next-line no-await-in-loop -- one small statement after the other is the point
    await titlesInsertMissing(
      db,
      missing.slice(i, i + INSERT_BATCH_ROWS).map((t) => ({ ...t.title, checksum: t.checksum })),
    );
  }
  return titlesByChecksums(db, checksums);
}
