import { createHash } from "node:crypto";
import { readVex, VexError } from "#domain/vulnerability/judgement/vex/read-vex.ts";
import type { VexDocument } from "#domain/vulnerability/judgement/vex/statement.ts";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { importVex as endpoint } from "#protocol/rest/vex.ts";
import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { conflict, unprocessable } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { applyVexInTx } from "./apply-vex.ts";
import { presentVexDocument } from "./present-vex-document.ts";
import { findingsOfDocument, vexDocumentNamed, vexDocumentRead, vexDocumentReplaceInTx } from "./vex-store.ts";

/**
 * Takes a VEX document over: findings that it calls not affected, fixed or false are suppressed, others annotated. One of the same name is
 * replaced.
 *
 * @throws {HttpError} 422 for what is no VEX document, 409 for an older version of one that is there
 */
export async function importVex(
  { db, now }: { db: Database; now: () => Date },
  body: EndpointInput<typeof endpoint>["body"],
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<EndpointResult<typeof endpoint>> {
  const document = read(body.document, now());
  const file = {
    name: body.name ?? document.document_id,
    sha256: createHash("sha256").update(JSON.stringify(body.document)).digest(),
    imported_by: caller?.name ?? null,
    imported_at: now(),
  };
  return db.transaction().execute(async (tx) => {
    const before = await vexDocumentNamed(tx, document.format, document.document_id);
    if (before !== undefined && before.issued_at.getTime() > Date.parse(document.issued_at)) {
      throw conflict(
        "document",
        `A newer version of “${document.document_id}” (${before.issued_at.toISOString()}) is here already.`,
      );
    }
    const formerly = before === undefined ? [] : await findingsOfDocument(tx, before.id);
    const id = await vexDocumentReplaceInTx(tx, document, file);
    const concerned = await findingsOfDocument(tx, id);
    const keys = new Map([...formerly, ...concerned].map((key) => [`${key.subject_id} ${key.vulnerability_id}`, key]));
    const { annotated_count } = await applyVexInTx(tx, [...keys.values()]);
    const row = await vexDocumentRead(tx, id);
    if (row === undefined) throw new Error(`VEX document ${id} is gone within its own transaction`);
    const details = { vex_document_id: id, name: row.name, author: row.author, suppressed_count: row.suppressed_count };
    await recordActivity(tx, { type: "imported_vex_document", actor: caller, details });
    return {
      document: presentVexDocument(row),
      annotated_count,
      suppressed_count: row.suppressed_count,
      skipped: document.skipped,
    };
  });
}

function read(json: unknown, now: Date): VexDocument {
  try {
    return readVex(json, now);
  } catch (error) {
    if (error instanceof VexError) throw unprocessable("document", error.message);
    throw error;
  }
}
