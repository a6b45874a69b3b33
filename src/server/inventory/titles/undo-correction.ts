import type { TitleCorrection } from "#protocol/rest/title-corrections.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import { isRetryable } from "../../database/retry.ts";
import type { Database } from "../../database/tables.ts";
import { conflict, notFound } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import {
  correctionLockInTx,
  correctionsBlocking,
  correctionUndoneInTx,
  splitDeleteInTx,
  titleDeleteEmptyInTx,
  titleNameRestoreInTx,
  titlesUnmergeInTx,
  type CorrectionRow,
} from "./correction-store.ts";
import { busy } from "./correct-titles.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "./hold-catalogue.ts";
import { renameTitles } from "./name-titles.ts";
import { planPlacements } from "./plan-placements.ts";
import { presentCorrection, type CorrectionDetails, type CorrectionUndo } from "./present-correction.ts";

/**
 * Takes a correction back: its rule goes, and everything that its titles hold is placed anew by the rules that are left, so software
 * that came since is put right too. Corrections that share titles are undone in reverse order.
 *
 * @throws {HttpError} 404 for an unknown one, 409 for one that is undone already or that a later one builds on
 */
export async function undoCorrection(
  deps: { db: Database },
  id: number,
  actor: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<TitleCorrection> {
  try {
    const row = await deps.db.transaction().execute(async (tx) => {
      const standing = await standingInTx(tx, id);
      await undoInTx(tx, standing);
      const undone = await correctionUndoneInTx(tx, id, actor?.name ?? "");
      const { titles, into, name } = presentCorrection(undone, null);
      const details = { correction_id: id, correction_type: undone.type, titles, into, name };
      await recordActivity(tx, { type: "undid_title_correction", actor, details });
      return undone;
    });
    // names that followed from other rules meanwhile
    await renameTitles(deps.db, row.title_ids);
    return presentCorrection(row, null);
  } catch (error) {
    throw isRetryable(error) ? busy() : error;
  }
}

async function standingInTx(tx: Database, id: number): Promise<CorrectionRow> {
  await holdCatalogueInTx(tx);
  const row = await correctionLockInTx(tx, id);
  if (row === undefined) throw notFound("id", `There is no correction ${id}.`);
  if (row.undone_at !== null) throw conflict("id", `Correction ${id} was undone already.`);
  const later = (await correctionsBlocking(tx, [id])).get(id);
  if (later !== undefined) throw conflict("id", `Correction ${later} changed the same titles later; undo it first.`);
  return row;
}

async function undoInTx(tx: Database, row: CorrectionRow): Promise<void> {
  const [details, undo] = [row.details as CorrectionDetails, row.undo as CorrectionUndo];
  const first = details.titles[0];
  if (first === undefined) return;
  const named = row.type === "rename" ? first : details.into;
  if (row.type !== "split" && named !== undefined && undo.name !== undefined)
    await titleNameRestoreInTx(tx, named.id, { name: undo.name, derived_name: undo.derived_name ?? null });
  if (row.type === "rename") return;
  if (row.type === "merge")
    await titlesUnmergeInTx(
      tx,
      details.titles.map((title) => title.id),
    );
  else await splitDeleteInTx(tx, row.id);
  await moveSoftwareInTx(tx, await planPlacements(tx, row.title_ids), row.title_ids);
  if (row.type === "split" && details.into !== undefined) await titleDeleteEmptyInTx(tx, details.into.id);
}
