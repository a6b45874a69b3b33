import { identityKey } from "#domain/software/identity.ts";
import type { Database } from "../../database/tables.ts";
import { checksumOf } from "../checksum.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "../titles/hold-catalogue.ts";
import { placeSoftware } from "../titles/place-software.ts";
import { planPlacements } from "../titles/plan-placements.ts";
import { Findings, type Found } from "./check.ts";
import type { Look } from "./look.ts";
import { softwareCount, softwareKeyed, softwareUntitled, titleIdsAfter, titlesCount } from "./title-check-store.ts";

/** Titles whose software is looked at together; rows of the catalogue read together. */
const TITLES_AT_ONCE = 500;
const ROWS_AT_ONCE = 5000;

/** Puts software whose title does not exist where the rules say; titles that these derive and that do not exist are made. */
export async function untitledSoftwarePlaceInTx(tx: Database, softwareIds: readonly number[]): Promise<void> {
  await holdCatalogueInTx(tx);
  const software = await softwareUntitled(tx, softwareIds);
  const titleOf = await placeSoftware(tx, software);
  await moveSoftwareInTx(
    tx,
    software.map((row) => ({ software_id: row.id, from: row.title_id, to: titleOf(row) })),
  );
}

/** Titles that hold software which the rules (derivation, merges, splits) place elsewhere. */
export async function misplacedSoftware(look: Look): Promise<Found> {
  const findings = new Findings();
  const total = await titlesCount(look.db);
  for (let after = 0, done = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const ids = await titleIdsAfter(look.db, after, TITLES_AT_ONCE);
    after = ids.at(-1) ?? 0;
    if (ids.length === 0) return findings.result();
    // oxlint-disable-next-line no-await-in-loop
    for (const { software, software_id, from, to } of await planPlacements(look.db, ids)) {
      if (from === to) continue;
      findings.add(from, () => `software ${software_id} (${software.name}) is in title ${from}, the rules say ${to}`);
    }
    done += ids.length;
    look.progress(done, total, "titles");
  }
}

/** Puts the software of these titles where the rules say, as a correction would. */
export async function misplacedSoftwareMoveInTx(tx: Database, titleIds: readonly number[]): Promise<void> {
  await holdCatalogueInTx(tx);
  const moves = await planPlacements(tx, [...titleIds]);
  await moveSoftwareInTx(tx, moves);
}

/** Software whose stored checksum is not that of its identity. */
export async function wrongChecksums(look: Look): Promise<Found> {
  const findings = new Findings();
  const total = await softwareCount(look.db);
  for (let after = 0, done = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const rows = await softwareKeyed(look.db, after, ROWS_AT_ONCE);
    after = rows.at(-1)?.id ?? 0;
    if (rows.length === 0) return findings.result();
    for (const row of rows) {
      if (checksumOf(identityKey(row)).equals(row.checksum)) continue;
      findings.add(row.id, () => `software ${row.id} (${row.name} ${row.version}): its checksum is not that of its identity`);
    }
    done += rows.length;
    look.progress(done, total, "software");
  }
}
