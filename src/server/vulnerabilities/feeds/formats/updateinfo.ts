import type { AffectedPackage, AffectedRange, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { isModuleBuild } from "#domain/vulnerability/identity/rpm-modules.ts";
import type { FeedInput } from "../feed.ts";
import { moduleInTitle, moduleOfBuilds } from "./module-of-builds.ts";
import { isDebugPackage, withoutZeroEpoch } from "./rpm-package.ts";
import { severityOf } from "./severity.ts";
import { childOf, childrenOf, xmlElements, type XmlElement } from "./xml.ts";

/** An advisory of a repository's `updateinfo.xml`. */
export interface UpdateinfoAdvisory {
  /** `ALAS2-2018-1002`, `ALSA-2023:7549`, `FEDORA-2024-…`. */
  id: string;
  /** `security`, `bugfix`, `enhancement`. */
  type: string;
  title: string;
  severity: string;
  issued: string;
  updated: string;
  description: string;
  /** Page of the advisory itself, where it names one. */
  url?: string;
  cves: string[];
  packages: UpdateinfoPackage[];
}

export interface UpdateinfoPackage {
  name: string;
  evr: string;
  arch: string;
  /** `name:stream` of the collection's module. */
  module?: string;
}

const DESCRIPTION_LENGTH = 4000;

/** The advisories of an `updateinfo.xml`, one at a time. */
export async function* readUpdateinfo(input: FeedInput): AsyncGenerator<UpdateinfoAdvisory> {
  for await (const update of xmlElements(input, ["update"])) {
    const references = childrenOf(childOf(update, "references") ?? update, "reference");
    const url = references.find(({ attributes }) => attributes["type"] === "self")?.attributes["href"];
    const description = textOf(update, "description");
    yield {
      id: textOf(update, "id"),
      type: update.attributes["type"] ?? "",
      title: textOf(update, "title"),
      severity: textOf(update, "severity"),
      issued: childOf(update, "issued")?.attributes["date"] ?? "",
      updated: childOf(update, "updated")?.attributes["date"] ?? "",
      description: description.slice(0, DESCRIPTION_LENGTH),
      ...(url !== undefined && { url }),
      cves: cvesOf(references, update.attributes["type"] === "security" ? `${textOf(update, "title")} ${description}` : ""),
      packages: childrenOf(childOf(update, "pkglist") ?? update, "collection").flatMap(packagesOf),
    };
  }
}

function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text ?? "";
}

/** Fedora names CVEs in the titles of its bugs and in the text of security updates only. */
function cvesOf(references: XmlElement[], text: string): string[] {
  const typed = references.filter(({ attributes }) => attributes["type"] === "cve");
  const titles = text === "" ? [] : references.map(({ attributes }) => attributes["title"] ?? "");
  const sources = typed.length > 0 ? typed.map(idOf) : [...titles, text];
  return [...new Set(sources.flatMap((source) => source.match(/CVE-\d{4}-\d{4,}/gu) ?? []))];
}

function idOf({ attributes }: XmlElement): string {
  return attributes["id"] ?? attributes["title"] ?? "";
}

function packagesOf(collection: XmlElement): UpdateinfoPackage[] {
  const module = childOf(collection, "module")?.attributes;
  const name = module?.["name"];
  const stream = module?.["stream"];
  return childrenOf(collection, "package").flatMap(({ attributes }) => {
    const { name: packageName, version, release, epoch, arch } = attributes;
    if (packageName === undefined || version === undefined || release === undefined || arch === undefined) return [];
    const evr = withoutZeroEpoch(`${epoch === undefined || epoch === "" ? "0" : epoch}:${version}-${release}`);
    return [{ name: packageName, evr, arch, ...(name !== undefined && stream !== undefined && { module: `${name}:${stream}` }) }];
  });
}

/** How the advisories of one repository become records. */
export interface UpdateinfoReading {
  ecosystem: string;
  url(advisory: UpdateinfoAdvisory): string;
  /** The repository is that of one architecture and stands for all: a release has the same versions in each. */
  everyArch?: true;
  /** The first version that the advisory speaks of, where the repository holds one of several lines of a package. */
  introduced?(advisory: UpdateinfoAdvisory, fixed: string): string | undefined;
}

/** The records of an `updateinfo.xml`: one for each advisory that names a CVE. */
export async function* updateinfoRecords(input: FeedInput, reading: UpdateinfoReading): AsyncGenerator<FeedRecord> {
  for await (const advisory of readUpdateinfo(input)) {
    if (advisory.cves.length > 0 && advisory.packages.length > 0) yield updateinfoRecord(advisory, reading);
  }
}

function updateinfoRecord(advisory: UpdateinfoAdvisory, reading: UpdateinfoReading): FeedRecord {
  const merged = new Map<string, { name: string; evr: string; module?: string; arch: Set<string> }>();
  const unnamed = moduleInTitle(advisory.title) ?? moduleOfBuilds(advisory.packages);
  for (const { name, evr, arch, module: named } of advisory.packages) {
    const module = named ?? (isModuleBuild(evr) ? unnamed : undefined);
    // a source rpm is on no host, and symbols are not what runs
    if (arch === "src" || arch === "nosrc" || isDebugPackage(name)) continue;
    const key = `${name}\0${evr}\0${module ?? ""}`;
    const known = merged.get(key) ?? { name, evr, ...(module !== undefined && { module }), arch: new Set<string>() };
    known.arch.add(arch);
    merged.set(key, known);
  }
  const affected = new Map<string, AffectedPackage>();
  for (const one of merged.values()) {
    const entry = affected.get(one.name) ?? { ecosystem: reading.ecosystem, package: one.name, ranges: [] };
    affected.set(one.name, entry);
    for (const cve of advisory.cves) entry.ranges.push(rangeOf(cve, one, advisory, reading));
  }
  return { name: advisory.id, vulnerabilities: advisory.cves, facts: factsOf(advisory), affected: [...affected.values()] };
}

function rangeOf(
  cve: string,
  { evr, module, arch }: { evr: string; module?: string; arch: Set<string> },
  advisory: UpdateinfoAdvisory,
  reading: UpdateinfoReading,
): AffectedRange {
  const severity = severityOf(advisory.severity);
  const introduced = reading.introduced?.(advisory, evr);
  return {
    vulnerability: cve,
    status: "affected",
    provider: "updateinfo",
    name_kind: "binary",
    scheme: "rpm",
    ...(introduced !== undefined && { introduced }),
    fixed: evr,
    fix: "fixed",
    ...(reading.everyArch !== true && !arch.has("noarch") && { arch: [...arch] }),
    ...(module !== undefined && { module }),
    ...(severity !== undefined && { severity }),
    advisory: advisory.id,
    url: reading.url(advisory),
  };
}

function factsOf(advisory: UpdateinfoAdvisory): VulnerabilityFacts | null {
  if (advisory.cves.length !== 1) return null;
  const severity = severityOf(advisory.severity);
  return {
    ...(advisory.title !== "" && { title: advisory.title }),
    ...(advisory.description !== "" && { description: advisory.description }),
    ...(severity !== undefined && { severity }),
  };
}
