import { recordActivity } from "../../activity/record-activity.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import type { Caller } from "../../http/route.ts";
import { applyVexInTx } from "./apply-vex.ts";
import { findingsOfDocument, vexDocumentDeleteInTx, vexDocumentRead } from "./vex-store.ts";

/** Takes a VEX document back: what it suppressed is open again, unless another one speaks of it. @throws {HttpError} 404 */
export async function deleteVexDocument(
  { db }: { db: Database },
  id: number,
  caller: Pick<Caller, "user_id" | "name" | "email" | "api_only"> | null,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await vexDocumentRead(tx, id);
    if (row === undefined) throw notFound("id", `There is no VEX document ${id}.`);
    const concerned = await findingsOfDocument(tx, id);
    await vexDocumentDeleteInTx(tx, id);
    // another document may speak of the same findings
    await applyVexInTx(tx, concerned);
    const details = { vex_document_id: id, name: row.name, author: row.author };
    await recordActivity(tx, { type: "deleted_vex_document", actor: caller, details });
  });
}
