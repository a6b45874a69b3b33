import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { CatalogueFiles, ProductEntry } from "#domain/vulnerability/identity/catalogue.ts";
import { EDITION_RULES } from "#domain/vulnerability/identity/editions.ts";
import { VERSION_TRANSFORMS } from "#domain/vulnerability/identity/version-transforms.ts";

/** Limits of one file of the catalogue; the largest that ships has a tenth of them. */
export const CATALOGUE_LIMITS = { bytes: 8 * 1024 * 1024, products: 20_000, names: 200, evidence: 50, files: 100 } as const;

const closed = { additionalProperties: false };
const Lower = Type.String({ minLength: 1, maxLength: 255, pattern: "^[^A-Z]+$", description: "Lower-case text." });
const Names = Type.Array(Lower, { minItems: 1, maxItems: CATALOGUE_LIMITS.names });
const CpeName = Type.String({
  maxLength: 255,
  pattern: "^[^:A-Z\\s]+:[^:A-Z\\s]+$",
  description: "vendor:product, in lower case.",
});
const Text = Type.String({ minLength: 1, maxLength: 500 });
const Id = Type.String({ maxLength: 100, pattern: "^[a-z0-9][a-z0-9.+-]*$", description: "Lower-case letters, digits, dashes." });

const Evidence = Type.Object(
  {
    in: Text,
    source: Text,
    name: Text,
    ...Object.fromEntries(
      ["version", "release", "vendor", "bundle_identifier", "upgrade_code", "extension_id", "application_id"].map((field) => [
        field,
        Type.Optional(Type.String({ maxLength: 255 })),
      ]),
    ),
  },
  closed,
);

const Product = Type.Object(
  {
    id: Id,
    cpe: Type.Optional(Type.Array(CpeName, { minItems: 1, maxItems: 10 })),
    apple: Type.Optional(Lower),
    skip: Type.Optional(Text),
    families: Type.Optional(Type.Array(Type.Enum(["darwin", "windows", "linux", "chrome"]), { minItems: 1 })),
    bundle_identifiers: Type.Optional(Names),
    upgrade_codes: Type.Optional(Names),
    vendors: Type.Optional(Names),
    names: Type.Optional(Names),
    vendor_required: Type.Optional(Type.Literal(true)),
    packages: Type.Optional(Names),
    package_versions: Type.Optional(Names),
    snaps: Type.Optional(Names),
    application_ids: Type.Optional(Names),
    chocolatey: Type.Optional(Names),
    extension_ids: Type.Optional(Names),
    extension_sources: Type.Optional(Names),
    extension_only: Type.Optional(Type.Literal(true)),
    edition: Type.Optional(Lower),
    edition_rule: Type.Optional(Type.Enum(Object.keys(EDITION_RULES))),
    version: Type.Optional(Type.Enum(Object.keys(VERSION_TRANSFORMS))),
    version_reason: Type.Optional(Text),
    target_software: Type.Optional(Lower),
    evidence: Type.Optional(Type.Array(Evidence, { maxItems: CATALOGUE_LIMITS.evidence })),
    key_source: Type.Optional(Type.Enum(["configurations", "dictionary", "cna", "vendor"])),
  },
  closed,
);

const File = Type.Object(
  {
    version: Type.Literal(1),
    products: Type.Optional(Type.Array(Product, { maxItems: CATALOGUE_LIMITS.products })),
    vendor_aliases: Type.Optional(Type.Record(Lower, Type.Array(Lower, { maxItems: 10 }))),
    formulas: Type.Optional(Type.Record(Lower, Type.Union([CpeName, Type.Array(CpeName, { minItems: 1, maxItems: 10 })]))),
    casks: Type.Optional(Type.Record(Lower, Id)),
    product_names: Type.Optional(Type.Array(Type.Array(CpeName, { minItems: 2, maxItems: 10 }))),
  },
  closed,
);
const file = Compile(File);

/** What one file of the catalogue holds. */
export interface CatalogueFile extends CatalogueFiles {
  entries: ProductEntry[];
}

/**
 * Reads a file of the catalogue.
 *
 * @throws {Error} a sentence that names the entry, the field and what it must be
 */
export function readCatalogueFile(text: string): CatalogueFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`It is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!file.Check(value)) throw new Error(complaint(value));
  const products = (value.products ?? []) as (Omit<ProductEntry, "evidence"> & Partial<Pick<ProductEntry, "evidence">>)[];
  const entries = products.map((entry): ProductEntry => ({ ...entry, evidence: entry.evidence ?? [] }));
  for (const entry of entries) checkEntry(entry);
  const { vendor_aliases = {}, formulas = {}, casks = {}, product_names = [] } = value;
  return { entries, vendor_aliases, formulas, casks, product_names };
}

function complaint(value: unknown): string {
  const [first] = file.Errors(value);
  if (first === undefined) return "It is no file of the catalogue.";
  const at = /^\/products\/(\d+)/.exec(first.instancePath)?.[1];
  const entry = at === undefined ? undefined : (value as { products: { id?: unknown }[] }).products[Number(at)];
  const where = entry === undefined ? "" : ` (entry ${JSON.stringify(entry.id ?? Number(at))})`;
  return `${first.instancePath === "" ? "The file" : first.instancePath}${where} ${first.message}.`;
}

const SIGNS = [
  "bundle_identifiers",
  "upgrade_codes",
  "names",
  "packages",
  "snaps",
  "application_ids",
  "chocolatey",
  "extension_ids",
] as const;

/** What a schema cannot say: an entry has one meaning, and something to be known by. */
function checkEntry(entry: ProductEntry): void {
  const meanings = [entry.cpe ?? entry.apple, entry.skip].filter((meaning) => meaning !== undefined).length;
  if (meanings !== 1) throw new Error(`Entry "${entry.id}" must have either "skip" or "cpe", "apple" or both.`);
  if (SIGNS.every((sign) => entry[sign] === undefined)) {
    throw new Error(`Entry "${entry.id}" has nothing to be known by; give it one of ${SIGNS.join(", ")}.`);
  }
  const tooWide = [...(entry.names ?? []), ...(entry.bundle_identifiers ?? []), ...(entry.packages ?? [])].find(
    (name) => name.replaceAll(/[*?]/g, "").length < 2 && /[*?]/.test(name),
  );
  if (tooWide !== undefined) throw new Error(`Entry "${entry.id}": the pattern "${tooWide}" would fit nearly everything.`);
}
