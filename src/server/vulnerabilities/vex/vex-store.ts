import { sql, type Selectable } from "kysely";
import type { SoftwareFacts, SoftwareIdentity } from "#domain/software/software.ts";
import type { VexDocument, VexProduct, VexStatus } from "#domain/vulnerability/judgement/vex/statement.ts";
import type { SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";
import type { FindingKey } from "../decisions/suppression-store.ts";
import type { SubjectRow } from "./vex-subject.ts";

export type VexDocumentRow = Selectable<Tables["vex_documents"]> & { suppressed_count: number };

function documents(db: Database) {
  return db
    .selectFrom("vex_documents as d")
    .selectAll("d")
    .select(
      sql<number>`(SELECT count(*) FROM vex_statements st JOIN suppressions s ON s.vex_statement_id = st.id
        WHERE st.vex_document_id = d.id)::integer`.as("suppressed_count"),
    );
}

export async function vexDocumentList(db: Database, page: Page<"id">) {
  return applyKeyset(documents(db), sql.ref("d.id"), sql.ref("d.id"), page, { nullable: false }).execute();
}

export async function vexDocumentCount(db: Database): Promise<number> {
  return (
    await db
      .selectFrom("vex_documents")
      .select(sql<number>`count(*)::integer`.as("n"))
      .executeTakeFirstOrThrow()
  ).n;
}

export async function vexDocumentRead(db: Database, id: number): Promise<VexDocumentRow | undefined> {
  return documents(db).where("d.id", "=", id).executeTakeFirst();
}

/** Puts a document in the place of the one of the same name. @returns its id */
export async function vexDocumentReplaceInTx(
  tx: Database,
  document: VexDocument,
  file: { name: string; sha256: Buffer; imported_by: string | null; imported_at: Date },
): Promise<number> {
  const before = await vexDocumentNamed(tx, document.format, document.document_id);
  if (before !== undefined) await vexDocumentDeleteInTx(tx, before.id);
  const { format, document_id, author, issued_at, version, statements } = document;
  const { id } = await tx
    .insertInto("vex_documents")
    .values({ format, document_id, author, issued_at, version, statements_count: statements.length, ...file })
    .returning("id")
    .executeTakeFirstOrThrow();
  await sql`
    INSERT INTO vex_statements (vex_document_id, vulnerabilities, status, justification, impact_statement, action_statement, products, stated_at)
    SELECT ${id}, r.vulnerabilities, r.status, r.justification, r.impact_statement, r.action_statement, r.products, r.stated_at
    FROM json_to_recordset(${JSON.stringify(statements)}::json) AS r (vulnerabilities text[], status text,
      justification text, impact_statement text, action_statement text, products json, stated_at timestamptz)`.execute(tx);
  return id;
}

/** The document that a new one of this name replaces, locked; undefined when there is none. */
export async function vexDocumentNamed(tx: Database, format: VexDocument["format"], documentId: string) {
  return tx
    .selectFrom("vex_documents")
    .where("format", "=", format)
    .where("document_id", "=", documentId)
    .select(["id", "issued_at", "sha256"])
    .forUpdate()
    .executeTakeFirst();
}

/** Deletes a document with its statements; exposures of what they suppressed are counted anew. */
export async function vexDocumentDeleteInTx(tx: Database, id: number): Promise<void> {
  await sql`
    INSERT INTO exposure_queue AS q (vulnerability_id)
    SELECT DISTINCT s.vulnerability_id FROM vex_statements st JOIN suppressions s ON s.vex_statement_id = st.id
    WHERE st.vex_document_id = ${id} ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false`.execute(tx);
  await tx.deleteFrom("vex_documents").where("id", "=", id).execute();
}

/** Findings of every vulnerability that one of these documents speaks of. */
export async function findingsOfDocument(db: Database, id: number): Promise<FindingKey[]> {
  const { rows } = await sql<FindingKey>`
    SELECT f.subject_id, f.vulnerability_id FROM findings f WHERE f.vulnerability_id IN (
      SELECT v.id FROM (SELECT DISTINCT unnest(st.vulnerabilities) AS name FROM vex_statements st WHERE st.vex_document_id = ${id}) n
      JOIN vulnerabilities v ON v.cve = n.name
      UNION
      SELECT v.id FROM vulnerability_aliases a JOIN vulnerabilities v ON v.cve = a.vulnerability
      WHERE a.alias IN (SELECT DISTINCT unnest(st.vulnerabilities) FROM vex_statements st WHERE st.vex_document_id = ${id}))`.execute(
    db,
  );
  return rows;
}

export interface StatementRow {
  vulnerability_id: number;
  id: number;
  status: VexStatus;
  stated_at: Date;
}

/** Which statements speak of the vulnerabilities of these findings, by any of their names. */
export async function statementsOf(db: Database, vulnerabilityIds: readonly number[]): Promise<StatementRow[]> {
  const { rows } = await sql<StatementRow>`
    SELECT v.id AS vulnerability_id, st.id, st.status, st.stated_at
    FROM unnest(${[...vulnerabilityIds]}::integer[]) AS given (id) JOIN vulnerabilities v ON v.id = given.id
    JOIN vex_statements st ON st.vulnerabilities && (v.cve || v.aliases)`.execute(db);
  return rows;
}

export async function statementProducts(db: Database, ids: readonly number[]): Promise<{ id: number; products: VexProduct[] }[]> {
  return db
    .selectFrom("vex_statements")
    .where("id", "=", sql<number>`ANY (${[...ids]}::bigint[])`)
    .select(["id", "products"])
    .execute();
}

interface SubjectRecord extends SoftwareIdentity, SoftwareFacts {
  subject_id: number;
  os_scope: string;
  identity: SubjectIdentity;
}

/** What these subjects are. */
export async function subjectRows(db: Database, ids: readonly number[]): Promise<Map<number, SubjectRow>> {
  const rows = await db
    .selectFrom("match_subjects as ms")
    .innerJoin("os_scopes as sc", "sc.id", "ms.os_scope_id")
    .leftJoin("software as s", "s.id", "ms.software_id")
    .leftJoin("software_facts as f", "f.id", "ms.facts_id")
    .where("ms.id", "=", sql<number>`ANY (${[...ids]}::integer[])`)
    .select([
      "ms.id as subject_id",
      "ms.identity",
      "sc.name as os_scope",
      "s.name",
      "s.version",
      "s.source",
      "s.bundle_identifier",
    ])
    .select(["s.release", "s.vendor", "s.arch", "s.extension_id", "s.extension_for", "s.application_id", "s.upgrade_code"])
    .select(["f.source_package", "f.source_version", "f.epoch", "f.origin"])
    .execute();
  return new Map(rows.map((row) => [row.subject_id, subjectRow(row as unknown as SubjectRecord)]));
}

/** One joined row, told apart again: columns of a join that found nothing are null. */
function subjectRow(row: SubjectRecord): SubjectRow {
  const { subject_id: _id, os_scope, identity, source_package, source_version, epoch, origin, ...software } = row;
  const facts = { source_package, source_version, epoch, origin };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => typeof value === "string" && value !== ""));
  return { software: software.name === null ? null : software, facts: known, os_scope, identity };
}

export interface VexOutcome extends FindingKey {
  statement_id: number;
  suppresses: boolean;
}

/** Replaces what VEX says of these findings, and has exposures counted anew where that changed. */
export async function vexOutcomesReplaceInTx(
  tx: Database,
  findings: readonly FindingKey[],
  outcomes: readonly VexOutcome[],
): Promise<void> {
  const keys = sql`(SELECT * FROM unnest(${findings.map((f) => f.subject_id)}::integer[], ${findings.map((f) => f.vulnerability_id)}::integer[]))`;
  const records = JSON.stringify(outcomes);
  await sql`DELETE FROM finding_vex_statements WHERE (subject_id, vulnerability_id) IN ${keys}`.execute(tx);
  await sql`
    WITH gone AS (
      DELETE FROM suppressions WHERE vex_statement_id IS NOT NULL AND (subject_id, vulnerability_id) IN ${keys} RETURNING vulnerability_id
    )
    INSERT INTO exposure_queue AS q (vulnerability_id) SELECT DISTINCT vulnerability_id FROM gone ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false`.execute(tx);
  if (outcomes.length === 0) return;
  await sql`
    INSERT INTO finding_vex_statements (subject_id, vulnerability_id, vex_statement_id)
    SELECT subject_id, vulnerability_id, statement_id
    FROM json_to_recordset(${records}::json) AS r (subject_id integer, vulnerability_id integer, statement_id bigint)`.execute(
    tx,
  );
  await sql`
    WITH made AS (
      INSERT INTO suppressions (subject_id, vulnerability_id, vex_statement_id, kind)
      SELECT subject_id, vulnerability_id, statement_id, 'vex'
      FROM json_to_recordset(${records}::json)
        AS r (subject_id integer, vulnerability_id integer, statement_id bigint, suppresses boolean)
      WHERE r.suppresses RETURNING vulnerability_id
    )
    INSERT INTO exposure_queue AS q (vulnerability_id) SELECT DISTINCT vulnerability_id FROM made ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false`.execute(tx);
}
