import { VERSION } from "#domain/core/version.ts";
import type { SbomComponent } from "./component.ts";
import { vulnerabilityJson } from "./cyclonedx-vulnerability.ts";
import { DocumentWriter, documentTime, jsonElements } from "./document.ts";
import type { SbomContent } from "./document.ts";

/**
 * A CycloneDX 1.6 document, piece by piece. The serial number stands at its end, because it is derived from all that stands before it; the order
 * of a JSON object's members has no meaning.
 */
export async function* cyclonedxDocument(content: SbomContent): AsyncGenerator<string, void, void> {
  const writer = new DocumentWriter();
  const head = JSON.stringify({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: metadataOf(content),
  });
  yield writer.piece(`${head.slice(0, -1)},\n"components":[`);
  const system = operatingSystem(content);
  if (system !== null) yield writer.piece(`\n${JSON.stringify(system)}`);
  for await (const text of jsonElements(content.components(), componentJson, system === null)) yield writer.piece(text);
  yield writer.piece("\n]");
  if (content.vulnerabilities !== null) {
    yield writer.piece(`,\n"vulnerabilities":[`);
    for await (const text of jsonElements(content.vulnerabilities(), vulnerabilityJson)) yield writer.piece(text);
    yield writer.piece("\n]");
  }
  yield `,\n"serialNumber":"urn:uuid:${writer.uuid()}"}\n`;
}

function metadataOf({ subject, at, note }: SbomContent) {
  return {
    timestamp: documentTime(at),
    lifecycles: [{ phase: "operations" }],
    tools: { components: [{ type: "application", name: "Muster", version: VERSION }] },
    component: { type: subject.platform === null ? "platform" : "device", "bom-ref": "subject", name: subject.name || "unnamed" },
    ...(note === null ? {} : { properties: [{ name: "muster:note", value: note }] }),
  };
}

function operatingSystem({ subject }: SbomContent) {
  if (subject.os_name === null || subject.os_name === "") return null;
  return {
    type: "operating-system",
    "bom-ref": "operating-system",
    name: subject.os_name,
    ...(subject.os_version ? { version: subject.os_version } : {}),
  };
}

function componentJson(component: SbomComponent) {
  const { paths, properties } = component;
  return {
    type: component.isApplication ? "application" : "library",
    "bom-ref": component.key,
    ...(component.vendor === "" ? {} : { publisher: component.vendor }),
    name: component.name,
    ...(component.version === "" ? {} : { version: component.version }),
    ...(component.sha256 === null ? {} : { hashes: [{ alg: "SHA-256", content: component.sha256 }] }),
    ...(component.purl === null ? {} : { purl: component.purl }),
    ...(paths.length === 0 ? {} : { evidence: { occurrences: paths.map((location) => ({ location })) } }),
    properties: properties.map(([name, value]) => ({ name: `muster:${name}`, value })),
  };
}
