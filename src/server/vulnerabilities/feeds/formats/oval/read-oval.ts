import type { FeedInput } from "../../feed.ts";
import { childOf, childrenOf, xmlElements, type XmlElement } from "../xml.ts";
import type { OvalCriteria, OvalCve, OvalDefinition, OvalDocument, OvalField, OvalNode, OvalTest } from "./oval-document.ts";

const TEST_KINDS = [
  "rpminfo",
  "dpkginfo",
  "rpmverifyfile",
  "uname",
  "variable",
  "textfilecontent54",
  "family",
  "textfilecontent",
];
const PARTS = [
  "definition",
  "constant_variable",
  ...TEST_KINDS.flatMap((kind) => [`${kind}_test`, `${kind}_object`, `${kind}_state`]),
];
/** Longer descriptions (Oracle and SUSE put changelogs there) are cut. */
const DESCRIPTION_LENGTH = 4000;

/**
 * Reads an OVAL document. Definitions stand before what they refer to, so all are held until the end, cut down to what is needed; tests,
 * objects and states that no wanted definition refers to are dropped.
 *
 * @param wanted definitions that are not are dropped at once
 * @throws {FeedError} when the document is not well-formed, cut off or over the limits of the feed
 */
export async function readOval(input: FeedInput, wanted: (definition: OvalDefinition) => boolean): Promise<OvalDocument> {
  const document: OvalDocument = {
    definitions: [],
    tests: new Map(),
    objects: new Map(),
    states: new Map(),
    variables: new Map(),
    comments: new Map(),
  };
  const needed = new Set<string>();
  for await (const element of xmlElements(input, PARTS)) {
    if (element.name === "definition") {
      const definition = definitionOf(element);
      if (!wanted(definition)) continue;
      document.definitions.push(definition);
      for (const { test } of definition.cves) if (test !== undefined) needed.add(test);
      if (definition.criteria !== null) needTests(definition.criteria, needed);
      for (const criteria of childrenOf(element, "criteria")) keepComments(criteria, document.comments);
    } else {
      readReferred(element, needed, document);
    }
  }
  return document;
}

function needTests(criteria: OvalCriteria, needed: Set<string>): void {
  for (const child of criteria.children) {
    if (typeof child === "string") needed.add(child);
    else needTests(child, needed);
  }
}

function readReferred(element: XmlElement, needed: Set<string>, document: OvalDocument): void {
  const id = element.attributes["id"];
  if (id === undefined || !needed.has(id)) return;
  if (element.name.endsWith("_test")) {
    const test = testOf(element);
    document.tests.set(id, test);
    if (test.object !== null) needed.add(test.object);
    for (const state of test.states) needed.add(state);
  } else if (element.name.endsWith("_object")) {
    const variable =
      element.children.find(({ attributes }) => attributes["var_ref"] !== undefined)?.attributes["var_ref"] ?? null;
    document.objects.set(id, { names: textsOf(element, "name"), variable });
    if (variable !== null) needed.add(variable);
  } else if (element.name.endsWith("_state")) {
    document.states.set(id, element.children.map(fieldOf));
  } else {
    document.variables.set(id, textsOf(element, "value"));
  }
}

/** `SUSE Linux Enterprise Server 15 SP4 is installed`, `Available with Ubuntu Pro: …`. */
const TELLING = /^(?:SUSE|openSUSE|sles\d)|Ubuntu Pro|Extended Security|ESM/u;

function keepComments(criteria: XmlElement, comments: Map<string, string>): void {
  for (const { name, attributes, children } of criteria.children) {
    const { comment, test_ref: test } = attributes;
    if (name === "criteria") keepComments({ name, attributes, children, text: "" }, comments);
    else if (test !== undefined && comment !== undefined && TELLING.test(comment)) comments.set(test, comment);
  }
}

function fieldOf({ name, attributes, text }: XmlElement): OvalField {
  return { field: name, operation: attributes["operation"] ?? "equals", value: text };
}

function testOf(element: XmlElement): OvalTest {
  const { attributes } = element;
  return {
    kind: element.name,
    comment: attributes["comment"] ?? "",
    none: attributes["check_existence"] === "none_exist" || attributes["check"] === "none satisfy",
    object: childOf(element, "object")?.attributes["object_ref"] ?? null,
    states: childrenOf(element, "state").flatMap(({ attributes: state }) => state["state_ref"] ?? []),
  };
}

function definitionOf(element: XmlElement): OvalDefinition {
  const metadata = childOf(element, "metadata") ?? { name: "metadata", attributes: {}, text: "", children: [] };
  const advisory = childOf(metadata, "advisory") ?? childOf(metadata, "debian") ?? metadata;
  const criteria = childOf(element, "criteria");
  const severity = textsOf(advisory, "severity")[0];
  const issued = dayOf(advisory, "issued");
  const updated = dayOf(advisory, "updated");
  return {
    id: (element.attributes["id"] ?? "").replaceAll(/\s/gu, ""),
    class: element.attributes["class"] ?? "",
    title: textsOf(metadata, "title")[0] ?? "",
    description: (textsOf(metadata, "description")[0] ?? "").slice(0, DESCRIPTION_LENGTH),
    platforms: childrenOf(metadata, "affected").flatMap((affected) => textsOf(affected, "platform")),
    references: childrenOf(metadata, "reference").map(referenceOf),
    ...(severity !== undefined && severity !== "" && { severity }),
    ...(issued !== undefined && { issued }),
    ...(updated !== undefined && { updated }),
    cves: childrenOf(advisory, "cve").map(cveOf),
    resolutions: resolutionsOf(advisory),
    cpes: childrenOf(advisory, "affected_cpe_list").flatMap((list) => textsOf(list, "cpe")),
    criteria: criteria === undefined ? null : criteriaOf(criteria),
  };
}

function referenceOf({ attributes }: XmlElement): OvalDefinition["references"][number] {
  const url = attributes["ref_url"];
  return { source: attributes["source"] ?? "", id: attributes["ref_id"] ?? "", ...(url !== undefined && { url }) };
}

function cveOf({ text, attributes }: XmlElement): OvalCve {
  const optional: [keyof OvalCve, string | undefined][] = [
    ["cvss3", attributes["cvss3"] ?? attributes["cvss_vector"]],
    ["cwe", attributes["cwe"]],
    ["impact", attributes["impact"] ?? attributes["priority"]],
    ["url", attributes["href"]],
    ["test", attributes["test_ref"]],
  ];
  return { id: text, ...Object.fromEntries(optional.filter(([, value]) => value !== undefined && value !== "")) };
}

function resolutionsOf(advisory: XmlElement): Map<string, string> {
  const resolutions = new Map<string, string>();
  for (const affected of childrenOf(advisory, "affected")) {
    for (const resolution of childrenOf(affected, "resolution")) {
      for (const component of textsOf(resolution, "component")) resolutions.set(component, resolution.attributes["state"] ?? "");
    }
  }
  return resolutions;
}

function criteriaOf(element: XmlElement): OvalCriteria {
  const children: OvalNode[] = [];
  for (const child of element.children) {
    // extend_definition asks only for the distribution's release, which the choice of the file answers
    if (child.name === "criteria") children.push(criteriaOf(child));
    else if (child.name === "criterion" && child.attributes["test_ref"] !== undefined)
      children.push(child.attributes["test_ref"]);
  }
  return { operator: element.attributes["operator"] === "OR" ? "OR" : "AND", children };
}

function textsOf(element: XmlElement, name: string): string[] {
  return childrenOf(element, name).map(({ text }) => text);
}

function dayOf(advisory: XmlElement, name: string): string | undefined {
  const date = childOf(advisory, name)?.attributes["date"]?.slice(0, 10);
  return date !== undefined && /^\d{4}-\d\d-\d\d$/u.test(date) ? date : undefined;
}
