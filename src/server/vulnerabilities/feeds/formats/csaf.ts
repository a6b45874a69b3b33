import type { CvssVector, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { severityOf } from "./severity.ts";

/** CSAF 2.0 as vendors publish it (VEX: one file a vulnerability): the fields that are read. */
export interface CsafDocument {
  document: { title?: string; category?: string; tracking: { id: string; current_release_date?: string; status?: string } };
  product_tree?: { branches?: CsafBranch[]; relationships?: CsafRelationship[] };
  vulnerabilities: CsafVulnerability[];
}

export interface CsafBranch {
  category?: string;
  name?: string;
  branches?: CsafBranch[];
  product?: CsafProduct;
}

export interface CsafProduct {
  name?: string;
  product_id: string;
  product_identification_helper?: { cpe?: string; purl?: string };
}

export interface CsafRelationship {
  product_reference: string;
  relates_to_product_reference: string;
  full_product_name: { product_id: string };
}

export interface CsafVulnerability {
  cve?: string;
  title?: string;
  release_date?: string;
  cwe?: { id?: string };
  notes?: { category?: string; text?: string }[];
  product_status?: Record<string, string[]>;
  remediations?: { category: string; details?: string; url?: string; product_ids?: string[] }[];
  scores?: { cvss_v2?: { vectorString?: string }; cvss_v3?: { vectorString?: string }; cvss_v4?: { vectorString?: string } }[];
  threats?: { category?: string; details?: string; product_ids?: string[] }[];
  references?: { url?: string }[];
}

/** A component within a product: `BaseOS-9.4.0.GA:openssl-1:3.0.7-27.el9.x86_64`. */
export interface CsafComponent {
  /** Product that it is a component of, with its CPE. */
  platform: string;
  cpe: string | null;
  /** What is said of it: `openssl-1:3.0.7-27.el9.x86_64`, `openssl`. */
  component: string;
  purl: string | null;
}

const MAX_DEPTH = 16;
const DESCRIPTION_LENGTH = 4000;

/** @throws {Error} naming what is not as CSAF has it */
export function csafDocument(value: unknown): CsafDocument {
  const document = value as Partial<CsafDocument> | null;
  if (typeof document?.document?.tracking?.id !== "string") throw new Error("document.tracking.id is no text");
  // an interim document may have no statement yet
  if (document.vulnerabilities !== undefined && !Array.isArray(document.vulnerabilities))
    throw new Error("vulnerabilities is no list");
  return { ...document, document: document.document, vulnerabilities: document.vulnerabilities ?? [] };
}

/** The components of a document by their product ids. */
export function csafComponents({ product_tree: tree }: CsafDocument): Map<string, CsafComponent> {
  const products = new Map<string, CsafProduct>();
  collect(tree?.branches ?? [], products, 0);
  const components = new Map<string, CsafComponent>();
  for (const {
    product_reference: component,
    relates_to_product_reference: platform,
    full_product_name: full,
  } of tree?.relationships ?? []) {
    components.set(full.product_id, {
      platform,
      cpe: products.get(platform)?.product_identification_helper?.cpe ?? null,
      component,
      purl: products.get(component)?.product_identification_helper?.purl ?? null,
    });
  }
  return components;
}

function collect(branches: CsafBranch[], products: Map<string, CsafProduct>, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error("product_tree.branches nest too deep");
  for (const { product, branches: inner } of branches) {
    if (product !== undefined) products.set(product.product_id, product);
    if (inner !== undefined) collect(inner, products, depth + 1);
  }
}

/** What a document says of the vulnerability itself. */
export function csafFacts(document: CsafDocument, vulnerability: CsafVulnerability, source: string): VulnerabilityFacts {
  const description = vulnerability.notes?.find(({ category }) => category === "description")?.text;
  const severity = severityOf(vulnerability.threats?.find(({ category }) => category === "impact")?.details);
  const cvss = vectorsOf(vulnerability, source);
  const title = vulnerability.title ?? document.document.title;
  return {
    ...(title !== undefined && title !== vulnerability.cve && { title }),
    ...(description !== undefined && description !== "" && { description: description.slice(0, DESCRIPTION_LENGTH) }),
    ...(vulnerability.release_date !== undefined && { published: vulnerability.release_date }),
    ...(document.document.tracking.current_release_date !== undefined && {
      modified: document.document.tracking.current_release_date,
    }),
    ...(severity !== undefined && { severity }),
    ...(cvss.length > 0 && { cvss }),
    ...(vulnerability.cwe?.id !== undefined && { cwes: [vulnerability.cwe.id] }),
  };
}

function vectorsOf({ scores }: CsafVulnerability, source: string): CvssVector[] {
  const vectors = new Map<string, CvssVector>();
  for (const { cvss_v2: v2, cvss_v3: v3, cvss_v4: v4 } of scores ?? []) {
    for (const vector of [v2?.vectorString, v3?.vectorString, v4?.vectorString]) {
      if (vector === undefined) continue;
      const version = /^CVSS:(3\.0|3\.1|4\.0)\//u.exec(vector)?.[1] ?? (/^AV:[LAN]\//u.test(vector) ? "2.0" : null);
      if (version !== null) vectors.set(vector, { source, version: version as CvssVector["version"], vector });
    }
  }
  return [...vectors.values()];
}
