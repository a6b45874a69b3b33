import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Empty, IdParams, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const nullableText = Type.Union([text, Type.Null()]);
export const VEX_FORMATS = ["openvex", "csaf", "cyclonedx"] as const;

/** Bytes of an imported document: those of whole distributions have some megabytes. */
export const VEX_BODY_BYTES_MAX = 16 * 1024 * 1024;

export const VexDocument = Type.Object(
  {
    id: Type.Integer(),
    format: oneOf(VEX_FORMATS),
    document_id: Type.String({ description: "The name that the document calls itself by." }),
    name: Type.String({ description: "Name of the file." }),
    author: text,
    issued_at: Time,
    version: text,
    sha256: text,
    statements_count: Type.Integer(),
    suppressed_count: Type.Integer({ description: "Findings that it suppresses now." }),
    imported_by: nullableText,
    imported_at: Time,
  },
  { $id: "VexDocument" },
);
export type VexDocument = Type.Static<typeof VexDocument>;

export const importVex = endpoint({
  method: "POST",
  path: "/vex_documents",
  permission: "software:write",
  tag: "VEX",
  summary: "Import a VEX document",
  description: `OpenVEX 0.2, CSAF 2.0 VEX or CycloneDX VEX. Statements name software by package URL or CPE; findings of it that they call
not affected, fixed or a false positive, and those that another Muster accepted the risk of, are suppressed, with the document as the source; others are annotated. Where several speak of a finding, the
latest counts. A document of the same name is replaced; 409 when the one that is here is newer.`,
  body: Type.Object(
    {
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "Name of the file." })),
      document: Type.Unknown({ description: "The document, as JSON." }),
    },
    { additionalProperties: false },
  ),
  body_bytes_max: VEX_BODY_BYTES_MAX,
  response: Type.Object({
    document: VexDocument,
    annotated_count: Type.Integer({ description: "Findings that one of its statements, or a later one, speaks of." }),
    suppressed_count: Type.Integer({ description: "Findings that it suppresses." }),
    skipped: Type.Array(text, { description: "What could not be taken over, and why." }),
  }),
});

export const listVexDocuments = endpoint({
  method: "GET",
  path: "/vex_documents",
  permission: "software:read",
  tag: "VEX",
  summary: "List VEX documents",
  description: "Imported documents, the newest first unless ordered otherwise.",
  query: pagingQuery(["id"], {}),
  response: Type.Object({ count: Type.Integer(), vex_documents: Type.Array(VexDocument), meta: PageMeta }),
});

export const deleteVexDocument = endpoint({
  method: "DELETE",
  path: "/vex_documents/:id",
  permission: "software:write",
  tag: "VEX",
  summary: "Delete a VEX document",
  description: "What it suppressed is open again, unless another document speaks of it.",
  params: IdParams,
  status: 204,
  response: Empty,
});

export const exportVex = endpoint({
  method: "GET",
  path: "/vex_documents/report",
  permission: "software:read",
  tag: "VEX",
  summary: "Export decisions as VEX",
  description: `The decisions that hold, as one document. False positives are told as not affected; accepted risks as affected, with the
reason, because the software is. A decision for one host or label is about the software on that. The document says what it leaves out and why.`,
  query: Type.Object(
    {
      format: Type.Optional(oneOf(VEX_FORMATS)),
      author: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "Who publishes it; default `Muster`." })),
    },
    { additionalProperties: false },
  ),
  response: Empty,
  download: ["application/json"],
});
