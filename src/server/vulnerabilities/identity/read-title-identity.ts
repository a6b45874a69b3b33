import { correctionFits } from "#domain/vulnerability/identity/catalogue.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getTitleIdentity } from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { presentProductCorrection, requestOf } from "./present-product-correction.ts";
import { localOf } from "./read-corrected.ts";
import { correctionsNear, titleIdentities, titleNamed } from "./title-identity-store.ts";

/**
 * What a title is taken for, and which corrections hold for it.
 *
 * @throws {HttpError} 404 for an unknown title
 */
export async function readTitleIdentity({ db }: { db: Database }, id: number): Promise<EndpointResult<typeof getTitleIdentity>> {
  const title = await titleNamed(db, id);
  if (title === undefined) throw notFound("id", `There is no software title ${id}.`);
  const [identities, near] = await Promise.all([titleIdentities(db, id), correctionsNear(db, id)]);
  const corrections = near.filter(
    (row) => row.name_pattern === null || correctionFits(localOf(requestOf(row), row.id), { ...title, title_id: id }),
  );
  return { identities, corrections: corrections.map(presentProductCorrection) };
}
