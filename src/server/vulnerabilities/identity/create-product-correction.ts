import type { ProductCorrection, ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import type { Caller } from "../../http/route.ts";
import { reresolve } from "../matching/reresolve.ts";
import { presentProductCorrection } from "./present-product-correction.ts";
import { correctionInsertInTx, hostsHolding } from "./product-correction-store.ts";
import { readCorrected } from "./read-corrected.ts";

/**
 * Records what an administrator says of software's identity. What it speaks of is identified and matched again in the background.
 *
 * @throws {HttpError} 404 and 422, see readCorrected
 */
export async function createProductCorrection(
  { db }: { db: Database },
  request: ProductCorrectionRequest,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<ProductCorrection> {
  return db.transaction().execute(async (tx) => {
    const software = await readCorrected(tx, request);
    const ids = software.map(({ id }) => id);
    const row = await correctionInsertInTx(tx, {
      kind: request.kind,
      products: request.products,
      software_id: request.software_version_id ?? null,
      title_id: request.software_title_id ?? null,
      name_pattern: request.name_pattern?.toLowerCase() ?? null,
      source: request.source ?? null,
      edition: request.edition ?? null,
      version_transform: null,
      software_name: software[0]?.name ?? "",
      reason: request.reason,
      software_count: ids.length,
      hosts_count: await hostsHolding(tx, ids),
      author_id: caller?.user_id ?? null,
      author_full_name: caller?.name ?? null,
      undone_at: null,
      undone_by: null,
    });
    await reresolve(tx, { software_ids: ids });
    const { kind, products, reason, software_count, hosts_count } = row;
    const details = { correction_id: row.id, kind, products, software: row.software_name, reason, software_count, hosts_count };
    await recordActivity(tx, { type: "created_product_correction", actor: caller, details });
    return presentProductCorrection(row);
  });
}
