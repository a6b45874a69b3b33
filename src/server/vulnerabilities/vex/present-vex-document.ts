import type { VexDocument } from "#protocol/rest/vex.ts";
import type { VexDocumentRow } from "./vex-store.ts";

export function presentVexDocument(row: VexDocumentRow): VexDocument {
  return {
    id: row.id,
    format: row.format,
    document_id: row.document_id,
    name: row.name,
    author: row.author,
    issued_at: row.issued_at.toISOString(),
    version: row.version,
    sha256: row.sha256.toString("hex"),
    statements_count: row.statements_count,
    suppressed_count: row.suppressed_count,
    imported_by: row.imported_by,
    imported_at: row.imported_at.toISOString(),
  };
}
