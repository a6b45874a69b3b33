import type { Database } from "../../database/tables.ts";
import { countChangesFoldInTx, countsLockInTx, FOLD_ROWS_MAX, labelTitleCountsRecountInTx } from "../count-store.ts";
import { titleVendorsKeepInTx } from "../title-vendor-store.ts";
import { catalogueLockInTx } from "../orphan-store.ts";
import { softwareMoveInTx, titleCountsRecountInTx } from "./correction-store.ts";
import { titleEpochAdvanceInTx } from "./epoch-store.ts";

/**
 * Takes the catalogue for this transaction: no link moves, no count is under way, and the ledger, whose rows name titles, is folded.
 */
export async function holdCatalogueInTx(tx: Database): Promise<void> {
  await catalogueLockInTx(tx, "5s");
  await countsLockInTx(tx);
  // oxlint-disable-next-line no-await-in-loop -- each call folds a bounded number of rows
  while ((await countChangesFoldInTx(tx)) >= FOLD_ROWS_MAX);
}

/**
 * Moves software to other titles with its history, makes the counts of all titles concerned anew and moves the epoch on, so that plans
 * made before start over. The caller holds the catalogue.
 *
 * @param others titles whose counts change besides those that software leaves or comes to
 */
export async function moveSoftwareInTx(
  tx: Database,
  moves: { software_id: number; from: number; to: number }[],
  others: number[] = [],
): Promise<void> {
  const moved = moves.filter((move) => move.from !== move.to);
  const titles = [...new Set([...others, ...moved.flatMap((move) => [move.from, move.to])])];
  await titleEpochAdvanceInTx(tx);
  if (moved.length > 0)
    await softwareMoveInTx(
      tx,
      moved.map(({ software_id, to }) => ({ software_id, title_id: to })),
    );
  if (titles.length === 0) return;
  await titleCountsRecountInTx(tx, titles);
  await labelTitleCountsRecountInTx(tx, titles);
  await titleVendorsKeepInTx(tx, titles);
}
