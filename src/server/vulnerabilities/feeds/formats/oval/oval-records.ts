import { kernelImageLine } from "#domain/vulnerability/kernel-image.ts";
import type {
  AffectedPackage,
  AffectedRange,
  FeedRecord,
  NameKind,
  Provider,
  VulnerabilityFacts,
} from "#domain/vulnerability/model.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";
import { isModuleBuild } from "#domain/vulnerability/identity/rpm-modules.ts";
import type { BadRecord, FeedInput } from "../../feed.ts";
import { moduleOfBuilds } from "../module-of-builds.ts";
import { withoutZeroEpoch } from "../rpm-package.ts";
import { severityOf } from "../severity.ts";
import { flattenCriteria, type OvalCondition, type ReleaseChoice } from "./flatten-criteria.ts";
import type { OvalCve, OvalDefinition, OvalDocument, OvalNode } from "./oval-document.ts";
import { readOval } from "./read-oval.ts";

/** How one publisher's OVAL is to be understood. */
export interface OvalReading {
  ecosystem: string;
  provider: Provider;
  scheme: VersionScheme;
  name_kind: NameKind;
  /** Definitions to take. */
  wanted(definition: OvalDefinition): boolean;
  release: ReleaseChoice;
  /** Who made the vectors that the definitions repeat. */
  cvssSource: string;
  /** Says more of a range: advisory, state of the fix, channel. A null leaves the range out. */
  refine(
    range: AffectedRange,
    about: { definition: OvalDefinition; condition: OvalCondition; package: string; comment: string },
  ): AffectedRange | null;
}

/** The records of an OVAL document, one a definition that names a CVE. */
export async function* ovalRecords(input: FeedInput, reading: OvalReading): AsyncGenerator<FeedRecord | BadRecord> {
  const document = await readOval(input, (definition) => definition.class !== "inventory" && reading.wanted(definition));
  for (const definition of document.definitions) {
    try {
      const record = recordOf(document, definition, reading);
      if (record !== null) yield record;
    } catch (error) {
      yield { bad: definition.id, why: error instanceof Error ? error.message : String(error) };
    }
  }
}

function recordOf(document: OvalDocument, definition: OvalDefinition, reading: OvalReading): FeedRecord | null {
  const cves = cvesOf(definition);
  if (cves.length === 0 || definition.criteria === null) return null;
  const affected = new Map<string, AffectedPackage>();
  for (const cve of cves) {
    const node: OvalNode = cve.test ?? definition.criteria;
    const conditions = flattenCriteria(document, node, reading.release);
    for (const range of rangesOf(conditions, cve, { document, definition, reading })) {
      const entry = affected.get(range.package) ?? { ecosystem: reading.ecosystem, package: range.package, ranges: [] };
      affected.set(range.package, entry);
      entry.ranges.push(range.range);
    }
  }
  if (affected.size === 0) return null;
  const [first] = cves;
  return {
    name: definition.id,
    vulnerabilities: cves.map(({ id }) => id),
    facts: cves.length === 1 && first !== undefined ? factsOf(definition, first, reading) : null,
    affected: [...affected.values()],
  };
}

/** The vulnerabilities of a definition; a definition that mends no CVE (a regression of an update) is none of ours. */
function cvesOf(definition: OvalDefinition): OvalCve[] {
  const cves = new Map<string, OvalCve>();
  for (const { source, id } of definition.references) {
    const cve = /CVE-\d{4}-\d{4,}/u.exec(id)?.[0];
    if (cve !== undefined && /CVE/iu.test(source)) cves.set(cve, { id: cve });
  }
  for (const cve of definition.cves) if (/^CVE-\d{4}-\d{4,}$/u.test(cve.id)) cves.set(cve.id, cve);
  return [...cves.values()];
}

interface Context {
  document: OvalDocument;
  definition: OvalDefinition;
  reading: OvalReading;
}

interface NamedRange {
  package: string;
  range: AffectedRange;
}

function rangesOf(conditions: OvalCondition[], cve: OvalCve, { document, definition, reading }: Context): NamedRange[] {
  const merged = new Map<string, NamedRange>();
  const unnamed = unnamedModule(conditions);
  for (const stated of conditions) {
    if (stated.absent || isUnknown(stated)) continue;
    const condition = isBuiltInModule(stated) ? { ...stated, module: stated.module ?? unnamed } : stated;
    const comment = condition.test === null ? "" : (document.comments.get(condition.test) ?? "");
    for (const named of condition.package === null
      ? kernelRanges(condition, cve, reading)
      : packageRanges(condition, cve, reading)) {
      const range = reading.refine(named.range, { definition, condition, package: named.package, comment });
      if (range !== null) mergeArch(merged, { package: named.package, range });
    }
  }
  return [...merged.values()];
}

/**
 * What a test asks that the document lacks nobody can tell: OVAL calls that unknown, which makes no definition true. Of packages that a
 * module's build made the builds tell what was asked: that the module is enabled.
 */
function isUnknown(condition: OvalCondition): boolean {
  return condition.lost && !isBuiltInModule(condition);
}

function isBuiltInModule({ package: what }: OvalCondition): boolean {
  return what !== null && isModuleBuild(what.evr ?? "");
}

/** The stream of the modular packages of a definition that does not name it. */
function unnamedModule(conditions: readonly OvalCondition[]): string {
  return moduleOfBuilds(
    conditions.flatMap(({ package: what }) => (what?.names ?? []).map((name) => ({ name, evr: what?.evr ?? "" }))),
  );
}

/** Ranges that differ in their architectures only become one. */
function mergeArch(merged: Map<string, NamedRange>, named: NamedRange): void {
  const { arch, ...rest } = named.range;
  const key = JSON.stringify([named.package, rest]);
  const known = merged.get(key);
  if (known === undefined) merged.set(key, named);
  else if (arch === undefined) delete known.range.arch;
  else if (known.range.arch !== undefined) known.range.arch = [...new Set([...known.range.arch, ...arch])];
}

function baseRange(cve: OvalCve, reading: OvalReading): AffectedRange {
  const severity = severityOf(cve.impact);
  return {
    vulnerability: cve.id,
    status: "affected",
    provider: reading.provider,
    name_kind: reading.name_kind,
    scheme: reading.scheme,
    fix: "unfixed",
    ...(severity !== undefined && { severity }),
  };
}

function packageRanges(condition: OvalCondition, cve: OvalCve, reading: OvalReading): NamedRange[] {
  const { package: what, module, unresolved } = condition;
  if (what === null) return [];
  const arch = condition.arch ?? what.arch;
  const range: AffectedRange = {
    ...baseRange(cve, reading),
    ...(what.operation === "never" && { status: "not_affected" as const, fix: "unknown" as const }),
    ...(what.operation === "below" && what.evr !== null && { fixed: withoutZeroEpoch(what.evr), fix: "fixed" as const }),
    ...(arch !== null && { arch: [...arch] }),
    ...(module !== null && { module }),
    ...(unresolved !== null && { platform: { unresolved } }),
  };
  return what.names.map((name) => ({
    package: name,
    range: { ...range, ...(range.arch !== undefined && { arch: [...range.arch] }) },
  }));
}

/** Ubuntu tells of kernels by what `uname -r` says: every image of a line and flavour before the update. */
function kernelRanges(condition: OvalCondition, cve: OvalCve, reading: OvalReading): NamedRange[] {
  if (condition.kernel === null || condition.kernelBelow === null) return [];
  const parts = /^(\d+\.\d+\.\d+)-\\d\+\(([^)]*)\)$/u.exec(condition.kernel);
  if (parts === null) throw new Error(`the pattern of a running kernel is not understood: ${condition.kernel}`);
  const fixed = withoutZeroEpoch(condition.kernelBelow);
  return (parts[2] ?? "").split("|").map((flavour) => ({
    package: kernelImageLine(parts[1] ?? "", flavour.replace(/^-/u, "")),
    range: { ...baseRange(cve, reading), name_kind: "binary", fixed, fix: "fixed" },
  }));
}

function factsOf(definition: OvalDefinition, cve: OvalCve, reading: OvalReading): VulnerabilityFacts {
  const severity = severityOf(cve.impact ?? definition.severity);
  const vector = cve.cvss3 === undefined ? undefined : /CVSS:(3\.[01])\/\S+/u.exec(cve.cvss3);
  const cwes = [...new Set(cve.cwe?.match(/CWE-\d+/gu) ?? [])];
  return {
    title: definition.title,
    ...(definition.description !== "" && { description: definition.description }),
    ...(severity !== undefined && { severity }),
    ...(vector && { cvss: [{ source: reading.cvssSource, version: vector[1] as "3.0" | "3.1", vector: vector[0] }] }),
    ...(cwes.length > 0 && { cwes }),
    references: definition.references.flatMap(({ url }) => (url === undefined ? [] : [{ url }])).slice(0, 50),
  };
}
