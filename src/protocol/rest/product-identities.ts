import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const nullableText = Type.Union([text, Type.Null()]);
const Id = Type.Integer({ minimum: 1 });
const Product = Type.String({
  maxLength: 255,
  pattern: "^[^:A-Z\\s]+:[^:A-Z\\s]+$",
  description: "Product of CPE names, vendor:product in lower case.",
});

const Suggestion = Type.Object({
  product: Product,
  score: Type.Number({
    description: "From 0 to 1: how like the names are. Nothing is matched by likeness; it is for people to choose from.",
  }),
});

/** A title that nobody knows the vulnerability databases' name of. */
export const UnidentifiedTitle = Type.Object(
  {
    software_title_id: Type.Integer(),
    name: text,
    source: text,
    vendor: text,
    hosts_count: Type.Integer(),
    versions_count: Type.Integer({ description: "Of its versions, those that are unidentified." }),
    software_version_id: Type.Integer({ description: "One of them." }),
    version: text,
    why: Type.String({ description: "Why it could not be identified." }),
    suggestions: Type.Array(Suggestion, { description: "At most five, the likest first." }),
  },
  { $id: "UnidentifiedTitle" },
);
export type UnidentifiedTitle = Type.Static<typeof UnidentifiedTitle>;

export const listUnidentifiedSoftware = endpoint({
  method: "GET",
  path: "/software/unidentified",
  permission: "software:read",
  tag: "Product identities",
  summary: "List unidentified software",
  description: `Titles with versions whose product in vulnerability databases is not known, so that none of their vulnerabilities can be
shown, those on the most hosts first. Correct them with \`POST /software/product_corrections\`.`,
  query: pagingQuery(["hosts_count", "software_title_id"], {}),
  response: Type.Object({ count: Type.Integer(), unidentified: Type.Array(UnidentifiedTitle), meta: PageMeta }),
});

export const KINDS = ["is", "is_not"] as const;

/** What an administrator says. Exactly one of the three that say which software. */
export const ProductCorrectionRequest = Type.Object(
  {
    kind: oneOf(KINDS),
    products: Type.Array(Product, {
      maxItems: 10,
      description: "The products it is, or is not; none with `is_not`: it is no product at all.",
    }),
    software_version_id: Type.Optional({ ...Id, description: "Only this version." }),
    software_title_id: Type.Optional({ ...Id, description: "All versions of this title, later ones included." }),
    name_pattern: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 255,
        pattern: "[^*?]{3}",
        description:
          "All software whose name without version and architecture is this; `*` stands for any characters, `?` for one. At least three other characters in a row.",
      }),
    ),
    source: Type.Optional(Type.String({ maxLength: 64, description: "With `name_pattern`: only of this source." })),
    edition: Type.Optional(Type.String({ maxLength: 64, description: "Its edition: `esr`, `lts`, `continuous`." })),
    reason: Type.String({ minLength: 1, maxLength: 1000, pattern: "\\S", description: "A text that can be seen." }),
  },
  { additionalProperties: false },
);
export type ProductCorrectionRequest = Type.Static<typeof ProductCorrectionRequest>;

export const ProductCorrection = Type.Object(
  {
    id: Type.Integer(),
    created_at: Time,
    kind: oneOf(KINDS),
    products: Type.Array(text),
    software_version_id: Type.Union([Type.Integer(), Type.Null()]),
    software_title_id: Type.Union([Type.Integer(), Type.Null()]),
    name_pattern: nullableText,
    source: nullableText,
    edition: nullableText,
    software_name: Type.String({ description: "Name of the software when it was corrected." }),
    reason: text,
    software_count: Type.Integer({ description: "Versions that it spoke of when it was made." }),
    hosts_count: Type.Integer({ description: "Hosts that held any of them." }),
    author_id: Type.Union([Type.Integer(), Type.Null()]),
    author_full_name: nullableText,
    undone_at: NullableTime,
    undone_by: nullableText,
  },
  { $id: "ProductCorrection" },
);
export type ProductCorrection = Type.Static<typeof ProductCorrection>;

const ChangedFinding = Type.Object({
  cve: text,
  software_count: Type.Integer({ description: "Versions on which it comes or goes." }),
});

export const previewProductCorrection = endpoint({
  method: "POST",
  path: "/software/product_corrections/preview",
  permission: "software:write",
  tag: "Product identities",
  summary: "Preview a correction of a product's identity",
  description: "Which software it speaks of, on how many hosts, and which vulnerabilities would come and go. Changes nothing.",
  body: Type.Object({ correction: ProductCorrectionRequest }, { additionalProperties: false }),
  response: Type.Object({
    software_count: Type.Integer(),
    hosts_count: Type.Integer(),
    software: Type.Array(
      Type.Object({
        software_version_id: Type.Integer(),
        name: text,
        version: text,
        source: text,
        before: Type.String({ description: "What it is taken for now, in words." }),
        after: text,
      }),
      { description: "The first 100." },
    ),
    opened: Type.Array(ChangedFinding, { description: "The first 1,000 vulnerabilities that would come." }),
    closed: Type.Array(ChangedFinding, { description: "The first 1,000 that would go." }),
    opened_count: Type.Integer(),
    closed_count: Type.Integer(),
    unknown_products: Type.Array(text, { description: "Products that no loaded vulnerability speaks of." }),
    complete: Type.Boolean({ description: "False: vulnerabilities were compared for the first versions only." }),
  }),
});
export type ProductCorrectionPreview = Type.Static<typeof previewProductCorrection.response>;

export const createProductCorrection = endpoint({
  method: "POST",
  path: "/software/product_corrections",
  permission: "software:write",
  tag: "Product identities",
  summary: "Correct a product's identity",
  description: `"This is that product" or "this is not that product". It is stronger than everything else that tells the identity of
software; of several that speak of the same, the later is stronger. What it speaks of is matched again within seconds.`,
  body: Type.Object({ correction: ProductCorrectionRequest }, { additionalProperties: false }),
  response: Type.Object({ correction: ProductCorrection }),
});

export const listProductCorrections = endpoint({
  method: "GET",
  path: "/software/product_corrections",
  permission: "software:read",
  tag: "Product identities",
  summary: "List corrections of products' identities",
  description: "Undone ones too; the newest first unless ordered otherwise.",
  query: pagingQuery(["id"], {}),
  response: Type.Object({ count: Type.Integer(), corrections: Type.Array(ProductCorrection), meta: PageMeta }),
});

export const getTitleIdentity = endpoint({
  method: "GET",
  path: "/software/titles/:id/product_identity",
  permission: "software:read",
  tag: "Product identities",
  summary: "Get what a title is taken for",
  description:
    "Which products its versions are compared with, how that was found, and the corrections that hold for any of them. Most titles have one identity; several where kinds of host or editions differ.",
  params: IdParams,
  response: Type.Object({
    identities: Type.Array(
      Type.Object({
        status: oneOf(["assessed", "unidentified", "not_assessed"]),
        why: Type.String({ description: "How it was identified, or why it is not assessed." }),
        products: Type.Array(text, {
          description: "As CPE names write them, `vendor:product`; none for packages of a distribution.",
        }),
        versions_count: Type.Integer(),
        software_version_id: Type.Integer({ description: "One of these versions." }),
      }),
      { description: "The most common first; at most 20." },
    ),
    corrections: Type.Array(ProductCorrection, { description: "The newest first; undone ones are left out." }),
  }),
});

export const undoProductCorrection = endpoint({
  method: "POST",
  path: "/software/product_corrections/:id/undo",
  permission: "software:write",
  tag: "Product identities",
  summary: "Undo a correction of a product's identity",
  description: "Everything is as if it had never been made, for software that came since as well.",
  params: IdParams,
  response: Type.Object({ correction: ProductCorrection }),
});

export const getProductCatalogue = endpoint({
  method: "GET",
  path: "/software/product_catalogue",
  permission: "software:read",
  tag: "Product identities",
  summary: "Get the state of the catalogue of products",
  description: "How many entries it has, and how the local files (`identity/*.json` in the data directory) were read.",
  response: Type.Object({
    entries_count: Type.Integer(),
    products_count: Type.Integer({ description: "Entries with a product; the others are never assessed." }),
    used_products_count: Type.Integer({ description: "Products that loaded vulnerabilities speak of." }),
    local_files: Type.Array(Type.Object({ file: text, products: Type.Integer(), error: nullableText })),
  }),
});
