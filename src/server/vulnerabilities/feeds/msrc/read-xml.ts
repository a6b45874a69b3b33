import type { FeedInput } from "../feed.ts";
import { childOf, childrenOf, type XmlElement, xmlElements } from "../formats/xml.ts";
import { articles, type MsrcFix, type MsrcItem, type MsrcVulnerability } from "./document.ts";

/** Products and vulnerabilities of a CVRF document in XML, in its order: products come first. */
export async function* readMsrcXml(input: FeedInput): AsyncGenerator<MsrcItem> {
  for await (const element of xmlElements(input, ["FullProductName", "Vulnerability"])) {
    if (element.name === "Vulnerability") yield { vulnerability: vulnerabilityOf(element) };
    else yield { product: { id: element.attributes["ProductID"] ?? "", name: element.text } };
  }
}

function textOf(element: XmlElement | undefined, name: string): string {
  return (element === undefined ? undefined : childOf(element, name))?.text ?? "";
}

function within(element: XmlElement, list: string, name: string): XmlElement[] {
  const found = childOf(element, list);
  return found === undefined ? [] : childrenOf(found, name);
}

function productIds(element: XmlElement): string[] {
  return childrenOf(element, "ProductID").map(({ text }) => text);
}

function vulnerabilityOf(element: XmlElement): MsrcVulnerability {
  const threats = within(element, "Threats", "Threat");
  const known = within(element, "ProductStatuses", "Status").filter(({ attributes }) => attributes["Type"] === "Known Affected");
  const exploits = threats
    .filter(({ attributes }) => attributes["Type"] === "Exploit Status")
    .map((threat) => textOf(threat, "Description"));
  const notes = within(element, "Notes", "Note");
  return {
    cve: textOf(element, "CVE"),
    title: textOf(element, "Title"),
    description: notes.find(({ attributes }) => attributes["Type"] === "Description")?.text ?? "",
    cwes: childrenOf(element, "CWE").map(({ attributes }) => attributes["ID"] ?? ""),
    affected: new Set(known.flatMap(productIds)),
    severities: severitiesOf(threats),
    isExploited: exploits.some((text) => text.includes("Exploited:Yes")),
    vectors: new Set(within(element, "CVSSScoreSets", "ScoreSet").map((score) => textOf(score, "Vector"))),
    fixes: within(element, "Remediations", "Remediation").flatMap(fixOf),
    revisions: within(element, "RevisionHistory", "Revision").map((revision) => textOf(revision, "Date")),
  };
}

function severitiesOf(threats: XmlElement[]): Map<string, string> {
  const severities = new Map<string, string>();
  for (const threat of threats.filter(({ attributes }) => attributes["Type"] === "Severity")) {
    const ids = productIds(threat);
    for (const id of ids.length === 0 ? [""] : ids) severities.set(id, textOf(threat, "Description"));
  }
  return severities;
}

function fixOf(element: XmlElement): MsrcFix[] {
  if (element.attributes["Type"] !== "Vendor Fix") return [];
  const fix: MsrcFix = {
    kb: articles(textOf(element, "Description"))[0] ?? "",
    supersedes: childrenOf(element, "Supercedence").flatMap(({ text }) => articles(text)),
    url: textOf(element, "URL"),
    subType: textOf(element, "SubType"),
    fixedBuild: textOf(element, "FixedBuild"),
    products: productIds(element),
  };
  return [fix];
}
