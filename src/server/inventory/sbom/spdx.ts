import { VERSION } from "#domain/core/version.ts";
import type { SbomComponent } from "./component.ts";
import { detailsLink } from "#domain/vulnerability/details-link.ts";
import type { SbomVulnerability } from "./sbom-vulnerability-store.ts";
import { DocumentWriter, documentTime, jsonElements } from "./document.ts";
import type { SbomContent } from "./document.ts";

const NAMESPACE = "https://spdx.org/spdxdocs/muster";
const UNKNOWN = "NOASSERTION";
const SUBJECT = "SPDXRef-Subject";

/**
 * An SPDX 2.3 document, piece by piece: one package for what it is about, which contains the packages of its software. The namespace stands at
 * its end, because it is derived from all that stands before it. Nothing is claimed about licences.
 */
export async function* spdxDocument(content: SbomContent): AsyncGenerator<string, void, void> {
  const writer = new DocumentWriter();
  const { subject, at, note } = content;
  const creators = [`Tool: Muster-${VERSION}`];
  const head = JSON.stringify({
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `Software of ${subject.name || "unnamed"}`,
    creationInfo: { created: documentTime(at), creators, ...(note === null ? {} : { comment: note }) },
  });
  yield writer.piece(`${head.slice(0, -1)},\n"packages":[\n${JSON.stringify(subjectPackage(content))}`);
  for await (const text of jsonElements(content.components(), packageJson, false)) yield writer.piece(text);
  const describes = relationship("SPDXRef-DOCUMENT", "DESCRIBES", SUBJECT);
  yield writer.piece(`\n],\n"relationships":[\n${JSON.stringify(describes)}`);
  const contains = (key: string) => relationship(SUBJECT, "CONTAINS", idOf(key));
  for await (const text of jsonElements(content.keys(), contains, false)) yield writer.piece(text);
  yield writer.piece("\n]");
  if (content.vulnerabilities !== null) {
    yield writer.piece(`,\n"annotations":[`);
    const annotation = (row: SbomVulnerability) => annotationJson(row, documentTime(at));
    for await (const text of jsonElements(content.vulnerabilities(), annotation)) yield writer.piece(text);
    yield writer.piece("\n]");
  }
  yield `,\n"documentNamespace":"${NAMESPACE}-${writer.uuid()}"}\n`;
}

function idOf(key: string): string {
  return `SPDXRef-Package-${key}`;
}

function relationship(from: string, type: string, to: string) {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/**
 * A vulnerability as an annotation of the document. A package could refer to it as an external reference (SECURITY, advisory), but says
 * neither its state nor its fix there.
 */
function annotationJson(row: SbomVulnerability, date: string) {
  const fix = row.resolved_in_version === null ? "" : `, fixed in ${row.resolved_in_version}`;
  const state = row.suppressed === null ? row.state.replaceAll("_", " ") : `suppressed (${row.suppressed})`;
  return {
    annotationDate: date,
    annotationType: "REVIEW",
    annotator: `Tool: Muster-${VERSION}`,
    comment: `${row.cve} (${detailsLink(row.cve)}): ${state}${fix}; in ${row.keys.map(idOf).join(", ")}`,
  };
}

/** What every package must say, and nobody told. */
const NOT_TOLD = {
  downloadLocation: UNKNOWN,
  filesAnalyzed: false,
  licenseConcluded: UNKNOWN,
  licenseDeclared: UNKNOWN,
  copyrightText: UNKNOWN,
};

function subjectPackage({ subject }: SbomContent) {
  const system = [subject.os_name, subject.os_version].filter(Boolean).join(" ");
  return {
    SPDXID: SUBJECT,
    name: subject.name || "unnamed",
    ...NOT_TOLD,
    primaryPackagePurpose: subject.platform === null ? "OTHER" : "DEVICE",
    ...(system === "" ? {} : { comment: `Operating system: ${system}` }),
  };
}

function packageJson(component: SbomComponent) {
  const sources = component.paths.length === 0 ? {} : { sourceInfo: `Installed at ${component.paths.join(", ")}` };
  const comment = component.properties.map(([name, value]) => `${name}: ${value}`).join("; ");
  return {
    SPDXID: idOf(component.key),
    name: component.name,
    ...(component.version === "" ? {} : { versionInfo: component.version }),
    ...(component.vendor === "" ? {} : { supplier: `Organization: ${component.vendor}` }),
    ...NOT_TOLD,
    primaryPackagePurpose: component.isApplication ? "APPLICATION" : "LIBRARY",
    ...(component.sha256 === null ? {} : { checksums: [{ algorithm: "SHA256", checksumValue: component.sha256 }] }),
    ...(component.purl === null
      ? {}
      : { externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: component.purl }] }),
    ...sources,
    ...(comment === "" ? {} : { comment }),
  };
}
