import { correctionFits, type LocalCorrection } from "#domain/vulnerability/identity/catalogue.ts";
import type { ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { notFound, unprocessable } from "../../http/errors.ts";
import { type CorrectedSoftware, softwareById, softwareByText, softwareByTitle } from "./product-correction-store.ts";

/** As much software as one correction may speak of when it is made. */
const SOFTWARE_MAX = 20_000;

/**
 * The software that a correction speaks of.
 *
 * @throws {HttpError} 404 for what does not exist, 422 for a request that says nothing, contradicts itself or is too wide
 */
export async function readCorrected(db: Database, request: ProductCorrectionRequest): Promise<CorrectedSoftware[]> {
  checkRequest(request);
  const { software_version_id, software_title_id, name_pattern } = request;
  if (software_version_id !== undefined) {
    const found = await softwareById(db, software_version_id);
    if (found.length === 0) throw notFound("software_version_id", `There is no software ${software_version_id}.`);
    return found;
  }
  if (software_title_id !== undefined) {
    const found = await softwareByTitle(db, software_title_id, SOFTWARE_MAX);
    if (found.length === 0)
      throw notFound("software_title_id", `There is no software title ${software_title_id}, or it has no software.`);
    return found;
  }
  return byPattern(db, request, name_pattern ?? "");
}

async function byPattern(db: Database, request: ProductCorrectionRequest, pattern: string): Promise<CorrectedSoftware[]> {
  const [longest = ""] = pattern
    .toLowerCase()
    .split(/[*?]+/)
    .toSorted((a, b) => b.length - a.length);
  const candidates = await softwareByText(db, longest.trim(), request.source, SOFTWARE_MAX + 1);
  if (candidates.length > SOFTWARE_MAX) {
    throw unprocessable("name_pattern", `More than ${SOFTWARE_MAX} versions may be meant; use a longer pattern.`);
  }
  const correction = localOf(request, 0);
  const found = candidates.filter((row) => correctionFits(correction, row));
  if (found.length === 0)
    throw unprocessable("name_pattern", "No software has such a name, without its version and architecture.");
  return found;
}

function checkRequest(request: ProductCorrectionRequest): void {
  const { software_version_id, software_title_id, name_pattern, source, kind, products } = request;
  const given = [software_version_id, software_title_id, name_pattern].filter((scope) => scope !== undefined).length;
  if (given !== 1) {
    throw unprocessable(
      "software_version_id",
      "Say which software with exactly one of software_version_id, software_title_id and name_pattern.",
    );
  }
  if (source !== undefined && name_pattern === undefined)
    throw unprocessable("source", "source narrows name_pattern; give both or none.");
  if (kind === "is" && products.length === 0) throw unprocessable("products", "Say which product it is, as vendor:product.");
}

/** The correction as the catalogue reads it. */
export function localOf(request: ProductCorrectionRequest, id: number): LocalCorrection {
  const { software_version_id, software_title_id, name_pattern, source, edition } = request;
  return {
    id,
    kind: request.kind,
    cpe: request.products,
    reason: request.reason,
    ...(software_version_id === undefined ? {} : { software_id: software_version_id }),
    ...(software_title_id === undefined ? {} : { title_id: software_title_id }),
    ...(name_pattern === undefined ? {} : { name_pattern: name_pattern.toLowerCase() }),
    ...(source === undefined ? {} : { source }),
    ...(edition === undefined ? {} : { edition }),
  };
}
