/**
 * What SPDX 2.3 (clauses 6, 7 and 11) demands of the elements that Muster writes, closed: an element that is not described here is an error.
 * The official JSON schema is not published in any package; set MUSTER_TEST_SPDX_SCHEMA to a copy of it to validate against that as well.
 */
const text = { type: "string", minLength: 1 } as const;
const reference = { type: "string", pattern: "^SPDXRef-[a-zA-Z0-9.-]+$" } as const;
const actor = { type: "string", pattern: "^(Tool|Organization|Person): .+" } as const;

export const SPDX_23 = {
  type: "object",
  additionalProperties: false,
  required: ["SPDXID", "creationInfo", "dataLicense", "name", "spdxVersion", "documentNamespace", "packages", "relationships"],
  properties: {
    SPDXID: { const: "SPDXRef-DOCUMENT" },
    spdxVersion: { const: "SPDX-2.3" },
    dataLicense: { const: "CC0-1.0" },
    name: text,
    documentNamespace: { type: "string", format: "uri", pattern: "^[^#]+$" },
    creationInfo: {
      type: "object",
      additionalProperties: false,
      required: ["created", "creators"],
      properties: {
        created: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$" },
        creators: { type: "array", minItems: 1, items: actor },
      },
    },
    packages: { type: "array", minItems: 1, items: { $ref: "#/$defs/package" } },
    relationships: { type: "array", minItems: 1, items: { $ref: "#/$defs/relationship" } },
  },
  $defs: {
    package: {
      type: "object",
      additionalProperties: false,
      required: ["SPDXID", "name", "downloadLocation"],
      properties: {
        SPDXID: reference,
        name: text,
        versionInfo: text,
        supplier: actor,
        downloadLocation: { const: "NOASSERTION" },
        filesAnalyzed: { const: false },
        licenseConcluded: { const: "NOASSERTION" },
        licenseDeclared: { const: "NOASSERTION" },
        copyrightText: { const: "NOASSERTION" },
        primaryPackagePurpose: { enum: ["APPLICATION", "LIBRARY", "DEVICE", "OTHER"] },
        sourceInfo: text,
        comment: text,
        checksums: {
          type: "array",
          items: {
            type: "object",
            additionalProperties: false,
            required: ["algorithm", "checksumValue"],
            properties: { algorithm: { const: "SHA256" }, checksumValue: { type: "string", pattern: "^[0-9a-f]{64}$" } },
          },
        },
        externalRefs: {
          type: "array",
          items: {
            type: "object",
            additionalProperties: false,
            required: ["referenceCategory", "referenceType", "referenceLocator"],
            properties: {
              referenceCategory: { const: "PACKAGE-MANAGER" },
              referenceType: { const: "purl" },
              referenceLocator: { type: "string", pattern: "^pkg:[a-z0-9.-]+/.+$" },
            },
          },
        },
      },
    },
    relationship: {
      type: "object",
      additionalProperties: false,
      required: ["spdxElementId", "relationshipType", "relatedSpdxElement"],
      properties: {
        spdxElementId: reference,
        relationshipType: { enum: ["DESCRIBES", "CONTAINS"] },
        relatedSpdxElement: reference,
      },
    },
  },
};
