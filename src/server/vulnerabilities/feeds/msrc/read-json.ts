import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { FeedError, type FeedInput } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { articles, type MsrcFix, type MsrcItem, type MsrcVulnerability } from "./document.ts";

const Name = Type.String({ maxLength: 200_000 });
const Value = Type.Object({ Value: Type.Optional(Type.Union([Type.Null(), Name])) });
const Ids = Type.Optional(Type.Union([Type.Null(), Type.Array(Name, { maxItems: 50_000 })]));

const Vulnerability = Type.Object({
  Title: Type.Optional(Value),
  CVE: Name,
  CWE: Type.Optional(Type.Unknown()),
  Notes: Type.Optional(Type.Array(Type.Object({ Type: Type.Integer(), Value: Type.Optional(Name) }), { maxItems: 10_000 })),
  ProductStatuses: Type.Optional(Type.Array(Type.Object({ Type: Type.Integer(), ProductID: Ids }), { maxItems: 100 })),
  Threats: Type.Optional(
    Type.Array(Type.Object({ Type: Type.Integer(), Description: Type.Optional(Value), ProductID: Ids }), { maxItems: 50_000 }),
  ),
  CVSSScoreSets: Type.Optional(Type.Array(Type.Object({ Vector: Type.Optional(Name) }), { maxItems: 50_000 })),
  Remediations: Type.Optional(
    Type.Array(
      Type.Object({
        Type: Type.Integer(),
        Description: Type.Optional(Value),
        URL: Type.Optional(Name),
        Supercedence: Type.Optional(Name),
        SubType: Type.Optional(Name),
        FixedBuild: Type.Optional(Name),
        ProductID: Ids,
      }),
      { maxItems: 50_000 },
    ),
  ),
  RevisionHistory: Type.Optional(Type.Array(Type.Object({ Date: Type.Optional(Name) }), { maxItems: 50_000 })),
});

const Document = Type.Object({
  ProductTree: Type.Object({ FullProductName: Type.Array(Type.Object({ ProductID: Name, Value: Name }), { maxItems: 100_000 }) }),
  Vulnerability: Type.Array(Vulnerability, { maxItems: 100_000 }),
});
const DOCUMENT = Compile(Document);

/** Numbers that the JSON form has for the words of the XML form. */
const KNOWN_AFFECTED = 3;
const EXPLOIT_STATUS = 1;
const SEVERITY = 3;
const VENDOR_FIX = 2;
const DESCRIPTION = 2;

/** Products and vulnerabilities of a CVRF document in JSON. */
export async function* readMsrcJson(input: FeedInput): AsyncGenerator<MsrcItem> {
  const value = await jsonDocument(input);
  if (!DOCUMENT.Check(value)) {
    const [error] = DOCUMENT.Errors(value);
    throw new FeedError(
      `${input.name} is no document of Microsoft's security updates: ${error?.instancePath ?? ""} ${error?.message ?? ""}`,
    );
  }
  for (const { ProductID: id, Value: name } of value.ProductTree.FullProductName) yield { product: { id, name } };
  for (const vulnerability of value.Vulnerability) yield { vulnerability: vulnerabilityOf(vulnerability) };
}

function vulnerabilityOf(value: Static<typeof Vulnerability>): MsrcVulnerability {
  const threats = value.Threats ?? [];
  const severities = threats
    .filter(({ Type: type }) => type === SEVERITY)
    .flatMap(({ Description, ProductID }) =>
      ((ProductID ?? []).length === 0 ? [""] : (ProductID ?? [])).map((id): [string, string] => [id, Description?.Value ?? ""]),
    );
  return {
    cve: value.CVE,
    title: value.Title?.Value ?? "",
    description: value.Notes?.find(({ Type: type }) => type === DESCRIPTION)?.Value ?? "",
    cwes: [...JSON.stringify(value.CWE ?? "").matchAll(/CWE-\d+/g)].map(([cwe]) => cwe),
    affected: new Set(
      (value.ProductStatuses ?? [])
        .filter(({ Type: type }) => type === KNOWN_AFFECTED)
        .flatMap(({ ProductID }) => ProductID ?? []),
    ),
    severities: new Map(severities),
    isExploited: threats.some(
      ({ Type: type, Description }) => type === EXPLOIT_STATUS && (Description?.Value ?? "").includes("Exploited:Yes"),
    ),
    vectors: new Set((value.CVSSScoreSets ?? []).map(({ Vector }) => Vector ?? "")),
    fixes: (value.Remediations ?? []).filter(({ Type: type }) => type === VENDOR_FIX).map(fixOf),
    revisions: (value.RevisionHistory ?? []).map(({ Date: date }) => date ?? ""),
  };
}

function fixOf(remediation: NonNullable<Static<typeof Vulnerability>["Remediations"]>[number]): MsrcFix {
  return {
    kb: articles(remediation.Description?.Value ?? "")[0] ?? "",
    supersedes: articles(remediation.Supercedence ?? ""),
    url: remediation.URL ?? "",
    subType: remediation.SubType ?? "",
    fixedBuild: (remediation.FixedBuild ?? "").trim(),
    products: remediation.ProductID ?? [],
  };
}
