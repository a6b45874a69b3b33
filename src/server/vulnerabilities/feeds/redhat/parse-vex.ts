import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedItem } from "../feed.ts";
import { csafComponents, csafDocument, csafFacts, type CsafComponent, type CsafVulnerability } from "../formats/csaf.ts";
import { isDebugPackage, parseRpmPackage } from "../formats/rpm-package.ts";
import { RangeMerger } from "../formats/range-merger.ts";
import { severityOf } from "../formats/severity.ts";
import { redhatFixState } from "./fix-state.ts";
import { splitByStreams } from "./split-by-streams.ts";
import { redhatPlatform } from "./releases.ts";

/**
 * The record of one of Red Hat's CSAF documents: a VEX file (one vulnerability) or an advisory (several).
 *
 * @param release major release of Red Hat Enterprise Linux whose ranges are wanted
 */
export function parseRedhatCsaf(value: unknown, release: string): FeedItem | null {
  try {
    return recordOf(value, release);
  } catch (error) {
    return { bad: idOf(value), why: error instanceof Error ? error.message : String(error) };
  }
}

function idOf(value: unknown): string {
  const id = (value as { document?: { tracking?: { id?: unknown } } } | null)?.document?.tracking?.id;
  return typeof id === "string" ? id : "a document";
}

function recordOf(value: unknown, release: string): FeedRecord | null {
  const document = csafDocument(value);
  const components = csafComponents(document);
  const merger = new RangeMerger(`rpm:rhel:${release}`);
  const vulnerabilities: string[] = [];
  for (const vulnerability of document.vulnerabilities) {
    if (vulnerability.cve === undefined) continue;
    vulnerabilities.push(vulnerability.cve);
    addRanges(vulnerability, vulnerability.cve, components, release, merger);
  }
  const affected = splitByStreams(merger.packages());
  if (affected.length === 0) return null;
  const [first] = document.vulnerabilities;
  return {
    name: document.document.tracking.id,
    vulnerabilities,
    facts: vulnerabilities.length === 1 && first !== undefined ? csafFacts(document, first, "Red Hat") : null,
    affected,
  };
}

type Base = Pick<AffectedRange, "vulnerability" | "provider" | "scheme" | "severity">;

function addRanges(
  vulnerability: CsafVulnerability,
  cve: string,
  components: Map<string, CsafComponent>,
  release: string,
  merger: RangeMerger,
): void {
  const told = remediationsOf(vulnerability);
  const severity = severityOf(vulnerability.threats?.find(({ category }) => category === "impact")?.details);
  const base: Base = { vulnerability: cve, provider: "redhat-vex", scheme: "rpm", ...(severity !== undefined && { severity }) };
  const status = vulnerability.product_status ?? {};
  for (const id of status["fixed"] ?? []) addFixed(components.get(id), told.get(id), release, base, merger);
  for (const id of status["known_affected"] ?? []) {
    addStated(components.get(id), redhatFixState(told.get(id)?.details ?? "affected"), release, base, merger);
  }
  for (const id of status["known_not_affected"] ?? [])
    addStated(components.get(id), redhatFixState("not affected"), release, base, merger);
  for (const id of status["under_investigation"] ?? []) {
    addStated(components.get(id), redhatFixState("under investigation"), release, base, merger);
  }
}

interface Told {
  details: string;
  url?: string;
}

/** What is to be done about each product; a workaround is said beside it and changes nothing. */
function remediationsOf({ remediations }: CsafVulnerability): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const { category, details = "", url, product_ids: ids } of remediations ?? []) {
    if (category === "workaround" || category === "mitigation") continue;
    for (const id of ids ?? []) told.set(id, { details, ...(url !== undefined && { url }) });
  }
  return told;
}

function addFixed(
  component: CsafComponent | undefined,
  told: Told | undefined,
  release: string,
  base: Base,
  merger: RangeMerger,
): void {
  const platform = component?.cpe === undefined || component.cpe === null ? null : redhatPlatform(component.cpe);
  const rpm = component === undefined ? null : parseRpmPackage(component.component);
  // a source rpm is on no host: the packages made of it are listed beside it
  if (platform?.release !== release || rpm === null || rpm.arch === "src" || isDebugPackage(rpm.name)) return;
  const module = (component === undefined ? null : moduleOf(component)) ?? rpm.module;
  const advisory = /RH[SBE]A-\d{4}:\d+/u.exec(told?.url ?? "")?.[0];
  merger.add(rpm.name, rpm.arch, {
    ...base,
    status: "affected",
    name_kind: "binary",
    fixed: rpm.evr,
    fix: "fixed",
    ...(platform.channel !== undefined && { channel: platform.channel }),
    ...(module !== null && { module }),
    ...(advisory !== undefined && { advisory, url: `https://access.redhat.com/errata/${advisory}` }),
  });
}

function addStated(
  component: CsafComponent | undefined,
  state: Pick<AffectedRange, "status" | "fix">,
  release: string,
  base: Base,
  merger: RangeMerger,
): void {
  const platform = component?.cpe === undefined || component.cpe === null ? null : redhatPlatform(component.cpe);
  if (component === undefined || platform?.release !== release) return;
  const named = statedName(component);
  if (named === null) return;
  const module = moduleOf(component);
  for (const name_kind of named.kinds) {
    merger.add(named.name, null, {
      ...base,
      ...state,
      name_kind,
      ...(platform.channel !== undefined && { channel: platform.channel }),
      ...(module !== null && { module }),
      url: `https://access.redhat.com/security/cve/${base.vulnerability}`,
    });
  }
}

/**
 * The package that something is said of without a version. Newer documents list binary packages, and the source package with `.src`; older
 * ones list the source package only, under its bare name, which a binary package may have too.
 */
function statedName({ component, purl }: CsafComponent): { name: string; kinds: readonly AffectedRange["name_kind"][] } | null {
  const rpm = parseRpmPackage(component);
  // what is said of one version of a package (that it never had the defect) is not said of the others
  if (rpm !== null && rpm.evr !== "") return null;
  const text = component.split("::", 1)[0] ?? "";
  const bare = text.includes("/") ? text.slice(text.lastIndexOf("/") + 1) : text;
  if (purl !== null && !purl.startsWith("pkg:rpm/")) return null;
  if (bare.endsWith(".src")) return { name: bare.slice(0, -4), kinds: ["source"] };
  if (purl?.includes("arch=src") === true) return { name: bare, kinds: ["source"] };
  return bare === "" || isDebugPackage(bare) ? null : { name: bare, kinds: ["binary"] };
}

/** `name:stream` of the module that a component belongs to. */
function moduleOf({ component, purl }: CsafComponent): string | null {
  const inPurl = /[?&]rpmmod=([^:&]+)(?::|%3A)([^:&%]+)/iu.exec(purl ?? "");
  if (inPurl !== null) return `${inPurl[1]}:${inPurl[2]}`;
  return /::([^:]+:[^:]+)/u.exec(component)?.[1] ?? /^([^:/]+:[^:/]+)\//u.exec(component)?.[1] ?? null;
}
