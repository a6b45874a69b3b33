import type { ProductCorrection, ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";
import type { CorrectionRow } from "./product-correction-store.ts";

/** A correction as REST shows it. */
export function presentProductCorrection(row: CorrectionRow): ProductCorrection {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    kind: row.kind,
    products: row.products,
    software_version_id: row.software_id,
    software_title_id: row.title_id,
    name_pattern: row.name_pattern,
    source: row.source,
    edition: row.edition,
    software_name: row.software_name,
    reason: row.reason,
    software_count: row.software_count,
    hosts_count: row.hosts_count,
    author_id: row.author_id,
    author_full_name: row.author_full_name,
    undone_at: row.undone_at?.toISOString() ?? null,
    undone_by: row.undone_by,
  };
}

/** The request that a correction was made by. */
export function requestOf(row: CorrectionRow): ProductCorrectionRequest {
  return {
    kind: row.kind,
    products: row.products,
    reason: row.reason,
    ...(row.software_id === null ? {} : { software_version_id: row.software_id }),
    ...(row.title_id === null ? {} : { software_title_id: row.title_id }),
    ...(row.name_pattern === null ? {} : { name_pattern: row.name_pattern }),
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.edition === null ? {} : { edition: row.edition }),
  };
}
