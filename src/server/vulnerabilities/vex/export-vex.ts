import { createHash } from "node:crypto";
import { VERSION } from "#domain/core/version.ts";
import type { OwnPlace, OwnProduct, OwnStatement } from "#domain/vulnerability/judgement/vex/own-statement.ts";
import { productRef } from "#domain/vulnerability/judgement/vex/own-statement.ts";
import { formatPurl } from "#domain/vulnerability/judgement/vex/purl.ts";
import { writeCsaf } from "#domain/vulnerability/judgement/vex/write-csaf.ts";
import { writeCycloneDx } from "#domain/vulnerability/judgement/vex/write-cyclonedx.ts";
import { writeOpenVex } from "#domain/vulnerability/judgement/vex/write-openvex.ts";
import type { VEX_FORMATS } from "#protocol/rest/vex.ts";
import type { Database } from "../../database/tables.ts";
import type { Download } from "../../http/download.ts";
import { unprocessable } from "../../http/errors.ts";
import { decidedFindings, holdingCount, type DecidedFinding } from "./own-statement-store.ts";
import { subjectPurl, type SubjectRow } from "./vex-subject.ts";
import { subjectRows } from "./vex-store.ts";

type Format = (typeof VEX_FORMATS)[number];

/** Findings in one document: more would not be read by anybody's tools. */
const FINDINGS_MAX = 100_000;
const WRITERS = { openvex: writeOpenVex, csaf: writeCsaf, cyclonedx: writeCycloneDx } as const;
const NAMESPACE = "https://muster.invalid";

export interface ExportDeps {
  db: Database;
  now: () => Date;
  /** Address of this installation, for CSAF's publisher; null: it has none. */
  publicUrl: string | null;
}

/**
 * The decisions that hold, as one VEX document, which says what it leaves out.
 *
 * @throws {HttpError} 422 when there is nothing to tell: none of the formats has a document without statements
 */
export async function exportVex(deps: ExportDeps, format: Format, author: string): Promise<Download> {
  const { statements, left_out } = await ownStatements(deps.db);
  if (statements.length === 0) {
    throw unprocessable(
      "base",
      "No decision holds for software that has a package URL or a CPE and that some device has: there is nothing to export.",
    );
  }
  const issued_at =
    statements
      .map((statement) => statement.decided_at)
      .toSorted()
      .at(-1) ?? deps.now().toISOString();
  const facts = {
    uuid: uuidOf(JSON.stringify([format, author, statements, left_out])),
    author,
    namespace: deps.publicUrl ?? NAMESPACE,
    issued_at,
    tool_version: VERSION,
    left_out,
  };
  const text = `${JSON.stringify(WRITERS[format](facts, statements), null, 2)}\n`;
  return { contentType: "application/json", filename: `muster-vex.${format}.json`, chunks: oneChunk(text) };
}

async function* oneChunk(text: string): AsyncGenerator<string, void, void> {
  yield text;
}

/** What the decisions say, each with the software that it suppresses findings of; decisions of nothing that can be named are left out. */
async function ownStatements(db: Database): Promise<{ statements: OwnStatement[]; left_out: string[] }> {
  const [findings, holding] = [await decidedFindings(db, FINDINGS_MAX), await holdingCount(db)];
  const subjects = await subjectRows(db, [...new Set(findings.map((finding) => finding.subject_id))]);
  const statements = [...Map.groupBy(findings, (finding) => finding.decision_id)].flatMap(([decision_id, own]) => {
    const [first] = own;
    const products = productsOf(own, subjects);
    if (first === undefined || products.length === 0) return [];
    const { cve, kind, reason, created_at } = first;
    const expires_at = first.expires_at?.toISOString() ?? null;
    return [
      { decision_id, cve, kind, reason, decided_at: created_at.toISOString(), expires_at, place: placeOf(first), products },
    ];
  });
  return { statements, left_out: leftOut(holding - statements.length, findings.length === FINDINGS_MAX) };
}

function placeOf({ host_id, label_id, place }: DecidedFinding): OwnPlace | null {
  if (host_id !== null) return { kind: "host", id: host_id, name: place ?? String(host_id) };
  return label_id === null ? null : { kind: "label", id: label_id, name: place ?? String(label_id) };
}

function leftOut(decisions: number, isFull: boolean): string[] {
  const subject = `${decisions} ${decisions === 1 ? "decision" : "decisions"}`;
  return [
    ...(decisions > 0 ? [`${subject} about software that has neither a package URL nor a CPE, or that no device has now`] : []),
    ...(isFull ? [`everything after the first ${FINDINGS_MAX} findings`] : []),
  ];
}

function productsOf(findings: readonly DecidedFinding[], subjects: ReadonlyMap<number, SubjectRow>): OwnProduct[] {
  const products = findings.flatMap(({ subject_id, all_versions }) => {
    const subject = subjects.get(subject_id);
    const product = subject === undefined ? null : productOf(subject, all_versions);
    return product === null ? [] : [product];
  });
  return [...new Map(products.map((product) => [productRef(product), product])).values()];
}

function productOf(subject: SubjectRow, allVersions: boolean): OwnProduct | null {
  const parts = subjectPurl(subject);
  if (parts !== null) {
    const version = allVersions ? "" : parts.version;
    const purl = formatPurl({ ...parts, version });
    return purl === null ? null : { name: parts.name, version, purl };
  }
  const key = subject.identity.keys.find(({ ecosystem }) => ecosystem === "cpe" || ecosystem === "cpe:o");
  const [vendor = "", product = ""] = key?.package.split(":") ?? [];
  if (key === undefined || product === "") return null;
  const version = allVersions ? "*" : escaped(key.version);
  const part = key.ecosystem === "cpe:o" ? "o" : "a";
  const cpe = `cpe:2.3:${part}:${escaped(vendor)}:${escaped(product)}:${version}:*:*:*:*:*:*:*`;
  return { name: product, version: allVersions ? "" : key.version, cpe };
}

/** A value within a CPE's formatted string: everything but letters, digits, `_`, `.` and `-` is escaped (NISTIR 7695 §6.2). */
function escaped(value: string): string {
  return value.toLowerCase().replaceAll(/[^\w.-]/g, (character) => `\\${character}`);
}

/** A UUID of version 8 (RFC 9562): the content's own digest. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
