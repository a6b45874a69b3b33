import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { PackageURL } from "packageurl-js";
import { expect } from "vitest";

/** CycloneDX's own schemas come with its library (the specification's repository, commit in its README). */
const CYCLONEDX = join(
  dirname(createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json")),
  "res/schema",
);
/** SPDX's own schema; its README says where it is from. */
const SPDX = resolve(import.meta.dirname, "../fixtures/spdx/spdx-schema-2.3.json");
const UNIQUE_IDS = /^SPDXRef-[a-zA-Z0-9.-]+$/;

const validCyclonedx = cyclonedxValidator();
const spdx = new Ajv2019({ strict: false });
const validSpdx = spdx.compile(schema(SPDX));

function schema(file: string): object {
  return JSON.parse(readFileSync(file, "utf8")) as object;
}

function cyclonedxValidator() {
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  ajv.addFormat("iri-reference", true);
  ajv.addFormat("idn-email", true);
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"])
    ajv.addSchema(schema(join(CYCLONEDX, name)), `http://cyclonedx.org/schema/${name}`);
  const bom = schema(join(CYCLONEDX, "bom-1.6.SNAPSHOT.schema.json")) as {
    properties: { components: { uniqueItems?: boolean } };
  };
  // Compares each component with each other, minutes for a fleet; checkCyclonedx proves the same by their references.
  delete bom.properties.components.uniqueItems;
  return ajv.compile(bom);
}

export interface CyclonedxDocument {
  serialNumber: string;
  metadata: { component: { name: string }; properties?: { name: string; value: string }[] };
  components: { "bom-ref": string; type: string; name: string; version?: string; purl?: string }[];
}

export interface SpdxDocument {
  documentNamespace: string;
  creationInfo: { comment?: string };
  packages: { SPDXID: string; name: string; externalRefs?: { referenceLocator: string }[] }[];
  relationships: { spdxElementId: string; relationshipType: string; relatedSpdxElement: string }[];
}

/** A document that CycloneDX 1.6's schema takes, whose references are unique and whose package URLs are in their canonical form. */
export function checkCyclonedx(text: string): CyclonedxDocument {
  const document = JSON.parse(text) as CyclonedxDocument;
  expect(validCyclonedx(document) || validCyclonedx.errors).toBe(true);
  expect(new Set(document.components.map((component) => component["bom-ref"])).size).toBe(document.components.length);
  const purls = document.components.map(({ purl }) => purl).filter((purl) => purl !== undefined);
  expect(purls.map((purl) => PackageURL.fromString(purl).toString())).toEqual(purls);
  return document;
}

/** A document that SPDX 2.3's schema takes, and what its text demands besides: a base for references, unique identifiers, all of them contained. */
export function checkSpdx(text: string): SpdxDocument {
  const document = JSON.parse(text) as SpdxDocument;
  expect(validSpdx(document) || validSpdx.errors).toBe(true);
  expect(document.documentNamespace).toMatch(/^https:\/\/[^#\s]+$/);
  const ids = document.packages.map((one) => one.SPDXID);
  expect(ids.filter((id) => !UNIQUE_IDS.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  const [describes, ...contained] = document.relationships;
  expect(describes).toEqual({ spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: ids[0] });
  expect(new Set(contained.map((one) => one.relationshipType))).toEqual(new Set(ids.length > 1 ? ["CONTAINS"] : []));
  expect(contained.map((one) => one.relatedSpdxElement)).toEqual(ids.slice(1));
  return document;
}

/** The software of a document: without its operating system. */
export function softwareOf(document: CyclonedxDocument): CyclonedxDocument["components"] {
  return document.components.filter((component) => component.type !== "operating-system");
}
