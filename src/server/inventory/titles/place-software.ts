import type { SoftwareEntry, SoftwareIdentity } from "#domain/software/software.ts";
import { placeInTitle } from "#domain/software/title-placement.ts";
import { titleKey, titleOf, type TitleIdentity } from "#domain/software/title.ts";
import type { Database } from "../../database/tables.ts";
import { CatalogueRaceError } from "../catalogue-race.ts";
import type { EpochMemory } from "../catalogue-ids.ts";
import { titlesByChecksums, titlesInsertMissing } from "../catalogue-store.ts";
import { checksumOf } from "../checksum.ts";
import { placementRules } from "./placement-store.ts";

/** Titles per INSERT, as for software (insert-catalogue.ts). */
const INSERT_BATCH_ROWS = 100;

interface KeyedTitle {
  key: string;
  title: TitleIdentity;
  checksum: Buffer;
  hex: string;
}

/** Titles that are known without asking, by their key. */
export interface KnownTitles {
  epoch: number;
  titles: EpochMemory<number>;
}

/**
 * Finds the title of each of these, making titles that do not exist: the one its identity derives, then where an administrator's merges
 * and splits lead from there. Returns the title id of these very objects. Outside any transaction, like all of phase 1.
 *
 * @param known what this process knows of titles at the epoch that is planned at: neither hashed nor looked up. A title goes only with its last
 *   software, which moves the epoch, and software is inserted only while that is the same.
 */
export async function placeSoftware<S extends SoftwareIdentity = SoftwareEntry>(
  db: Database,
  software: S[],
  known?: KnownTitles,
): Promise<(entry: S) => number> {
  const keys = new Map<S, string>();
  const derived = new Map<string, number>();
  const unknown = new Map<string, TitleIdentity>();
  for (const entry of software) {
    const title = titleOf(entry);
    const key = titleKey(title);
    keys.set(entry, key);
    const id = known?.titles.get(known.epoch, key);
    if (id === undefined) unknown.set(key, title);
    else derived.set(key, id);
  }
  const keyed = [...unknown].map(([key, title]) => keyedTitle(key, title));
  const inserted = await insertTitles(db, keyed);
  for (const { key, hex } of keyed) {
    const id = inserted.get(hex);
    if (id === undefined) continue;
    derived.set(key, id);
    known?.titles.set(known.epoch, key, id);
  }
  const rules = await placementRules(db, [...new Set(derived.values())]);
  return (entry) => {
    const id = derived.get(keys.get(entry) ?? "");
    if (id === undefined) throw new CatalogueRaceError(`the title of ${entry.name} disappeared while it was being linked`);
    return placeInTitle(id, entry, rules);
  };
}

function keyedTitle(key: string, title: TitleIdentity): KeyedTitle {
  const checksum = checksumOf(key);
  return { key, title, checksum, hex: checksum.toString("hex") };
}

/** Ids by checksum (hex). Only what is truly missing is inserted, in batches ordered by checksum (seed 002). */
async function insertTitles(db: Database, wanted: KeyedTitle[]): Promise<Map<string, number>> {
  const checksums = wanted.map((t) => t.checksum);
  const known = await titlesByChecksums(db, checksums);
  const missing = wanted.filter((t) => !known.has(t.hex)).toSorted((a, b) => (a.hex < b.hex ? -1 : 1));
  if (missing.length === 0) return known;
  for (let i = 0; i < missing.length; i += INSERT_BATCH_ROWS) {
    // oxlint-disable-next-line no-await-in-loop -- one small statement after the other is the point
    const inserted = await titlesInsertMissing(
      db,
      missing.slice(i, i + INSERT_BATCH_ROWS).map((t) => ({ ...t.title, checksum: t.checksum })),
    );
    for (const [hex, id] of inserted) known.set(hex, id);
  }
  const others = missing.filter((t) => !known.has(t.hex)).map((t) => t.checksum);
  for (const [hex, id] of await titlesByChecksums(db, others)) known.set(hex, id);
  return known;
}
