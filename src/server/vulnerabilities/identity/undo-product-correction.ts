import type { ProductCorrection } from "#protocol/rest/product-identities.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { conflict, HttpError, notFound } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { reresolve } from "../matching/reresolve.ts";
import { presentProductCorrection, requestOf } from "./present-product-correction.ts";
import { correctionLockInTx, correctionUndoInTx, type CorrectionRow } from "./product-correction-store.ts";
import { readCorrected } from "./read-corrected.ts";

/** Takes a correction back. @throws {HttpError} 404 unknown, 409 undone already */
export async function undoProductCorrection(
  { db, now }: { db: Database; now: () => Date },
  id: number,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<ProductCorrection> {
  return db.transaction().execute(async (tx) => {
    const before = await correctionLockInTx(tx, id);
    if (before === undefined) throw notFound("id", `There is no correction ${id}.`);
    if (before.undone_at !== null) throw conflict("id", `Correction ${id} is undone already.`);
    const row = await correctionUndoInTx(tx, id, now(), caller?.name ?? null);
    await reresolve(tx, { software_ids: await stillThere(tx, row) });
    const details = { correction_id: id, kind: row.kind, products: row.products, software: row.software_name };
    await recordActivity(tx, { type: "undid_product_correction", actor: caller, details });
    return presentProductCorrection(row);
  });
}

/** The software that it spoke of, as far as it is still there: it may be gone since. */
async function stillThere(tx: Database, row: CorrectionRow): Promise<number[]> {
  try {
    return (await readCorrected(tx, requestOf(row))).map(({ id }) => id);
  } catch (error) {
    if (error instanceof HttpError) return [];
    throw error;
  }
}
