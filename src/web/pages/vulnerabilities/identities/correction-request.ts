import type { ProductCorrectionRequest } from "#protocol/rest/product-identities.ts";

/** What a correction is about: the title, or one version of it where that is known. */
export interface CorrectedSoftware {
  software_title_id: number;
  software_version_id?: number | undefined;
  name: string;
  version?: string | undefined;
  source: string;
}

export type CorrectionKind = "is" | "is_not" | "no_product";
export type CorrectionScope = "title" | "version" | "name";

export interface CorrectionFields {
  kind: CorrectionKind;
  scope: CorrectionScope;
  /** As typed: `vendor:product`, several by comma or line. */
  products: string;
  name_pattern: string;
  edition: string;
  reason: string;
}

const PRODUCT = /^[^:A-Z\s]+:[^:A-Z\s]+$/u;
/** Three characters in a row that are no wildcards: what the API asks of a pattern. */
const PATTERN = /[^*?]{3}/u;

/** The products that were typed, in lower case as CPE names are written. */
export function productsOf(text: string): string[] {
  return text
    .split(/[\s,]+/u)
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
}

/** What is wrong with the typed products; undefined when nothing is. */
export function productsError(text: string): string | undefined {
  const wrong = productsOf(text).find((product) => !PRODUCT.test(product));
  return wrong === undefined ? undefined : `“${wrong}” is not written vendor:product`;
}

/** What the fields ask for, without a reason for a preview's sake; or what is missing, in words. */
export function requestOf(of: CorrectedSoftware, fields: CorrectionFields): ProductCorrectionRequest | string {
  const products = fields.kind === "no_product" ? [] : productsOf(fields.products);
  if (fields.kind !== "no_product" && products.length === 0) return "Name a product first";
  const wrong = fields.kind === "no_product" ? undefined : productsError(fields.products);
  if (wrong !== undefined) return wrong;
  const scope = scopeOf(of, fields);
  if (typeof scope === "string") return scope;
  const edition = fields.edition.trim();
  return {
    kind: fields.kind === "is" ? "is" : "is_not",
    products,
    ...scope,
    ...(fields.kind !== "is" || edition === "" ? {} : { edition }),
    reason: fields.reason.trim() === "" ? "preview" : fields.reason.trim(),
  };
}

function scopeOf(of: CorrectedSoftware, { scope, name_pattern }: CorrectionFields): Partial<ProductCorrectionRequest> | string {
  if (scope === "title") return { software_title_id: of.software_title_id };
  if (scope === "version") {
    return of.software_version_id === undefined ? "No version is known" : { software_version_id: of.software_version_id };
  }
  const pattern = name_pattern.trim();
  return PATTERN.test(pattern) ? { name_pattern: pattern, source: of.source } : "The name needs three letters in a row";
}
