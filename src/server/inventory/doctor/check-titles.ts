import type { Database } from "../../database/tables.ts";
import { identityKey } from "#domain/software/identity.ts";
import { checksumOf } from "../checksum.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "../titles/hold-catalogue.ts";
import { planPlacements } from "../titles/plan-placements.ts";
import { FOUND_MAX, SAMPLES_MAX, type Found } from "./check.ts";
import { softwareKeyed, titleIdsAfter } from "./title-check-store.ts";

/** Titles whose software is looked at together; rows of the catalogue read together. */
const TITLES_AT_ONCE = 500;
const ROWS_AT_ONCE = 5000;

/** Titles that hold software which the rules (derivation, merges, splits) place elsewhere. */
export async function misplacedSoftware(db: Database): Promise<Found> {
  const found = new Collected();
  let after = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const ids = await titleIdsAfter(db, after, TITLES_AT_ONCE);
    after = ids.at(-1) ?? 0;
    if (ids.length === 0) return found.result();
    // oxlint-disable-next-line no-await-in-loop
    for (const { software, software_id, from, to } of await planPlacements(db, ids)) {
      if (from !== to) found.add(from, `software ${software_id} (${software.name}) is in title ${from}, the rules say ${to}`);
    }
  }
}

/** Puts the software of these titles where the rules say, as a correction would. */
export async function misplacedSoftwareMoveInTx(tx: Database, titleIds: readonly number[]): Promise<void> {
  await holdCatalogueInTx(tx);
  const moves = await planPlacements(tx, [...titleIds]);
  await moveSoftwareInTx(tx, moves);
}

/** Software whose stored checksum is not that of its identity. */
export async function wrongChecksums(db: Database): Promise<Found> {
  const found = new Collected();
  let after = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const rows = await softwareKeyed(db, after, ROWS_AT_ONCE);
    after = rows.at(-1)?.id ?? 0;
    if (rows.length === 0) return found.result();
    for (const row of rows) {
      if (!checksumOf(identityKey(row)).equals(row.checksum)) {
        found.add(row.id, `software ${row.id} (${row.name} ${row.version}): its checksum is not that of its identity`);
      }
    }
  }
}

/** Findings of a walk, bounded. */
class Collected {
  readonly #ids = new Set<number>();
  readonly #samples: string[] = [];
  #count = 0;

  add(id: number, words: string): void {
    this.#count += 1;
    if (this.#ids.size < FOUND_MAX) this.#ids.add(id);
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(words);
  }

  result(): Found {
    return { count: this.#count, ids: [...this.#ids], samples: this.#samples };
  }
}
