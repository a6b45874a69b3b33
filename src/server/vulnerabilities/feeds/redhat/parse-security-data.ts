import type { AffectedPackage, AffectedRange, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import type { FeedItem } from "../feed.ts";
import { RangeMerger } from "../formats/range-merger.ts";
import { parseRpmPackage } from "../formats/rpm-package.ts";
import { severityOf } from "../formats/severity.ts";
import { redhatFixState } from "./fix-state.ts";
import { redhatPlatform } from "./releases.ts";
import { splitByStreams } from "./split-by-streams.ts";
import { securityDocument, type AffectedRelease, type PackageState, type SecurityDocument } from "./schema.ts";

/**
 * The record of one document of Red Hat's Security Data API. Its packages are source packages; fixes of modules are told without the
 * packages in them (`nodejs:18-8080…`), so they give no range: the CSAF data has them.
 *
 * @param release major release of Red Hat Enterprise Linux whose ranges are wanted
 */
export function parseSecurityDocument(value: unknown, release: string): FeedItem | null {
  try {
    const document = securityDocument(value);
    const affected = affectedPackages(document, release);
    if (affected.length === 0) return null;
    return { name: document.name, vulnerabilities: [document.name], facts: factsOf(document), affected };
  } catch (error) {
    const name = (value as { name?: unknown } | null)?.name;
    return { bad: typeof name === "string" ? name : "a document", why: error instanceof Error ? error.message : String(error) };
  }
}

function affectedPackages(document: SecurityDocument, release: string): AffectedPackage[] {
  const merger = new RangeMerger(`rpm:rhel:${release}`);
  const base: Base = {
    vulnerability: document.name,
    provider: "redhat-api",
    name_kind: "source",
    scheme: "rpm",
    ...severityField(document),
  };
  for (const fix of document.affected_release) addFix(fix, release, base, merger);
  for (const state of document.package_state) addState(state, release, base, merger);
  return splitByStreams(merger.packages());
}

type Base = Pick<AffectedRange, "vulnerability" | "provider" | "name_kind" | "scheme" | "severity">;

function addFix(fix: AffectedRelease, release: string, base: Base, merger: RangeMerger): void {
  const platform = redhatPlatform(fix.cpe);
  const rpm = fix.package === undefined ? null : parseRpmPackage(fix.package);
  if (platform?.release !== release || rpm === null || rpm.name.includes(":") || rpm.name.includes("/")) return;
  merger.add(rpm.name, null, {
    ...base,
    status: "affected",
    fixed: rpm.evr,
    fix: "fixed",
    ...(platform.channel !== undefined && { channel: platform.channel }),
    advisory: fix.advisory,
    url: `https://access.redhat.com/errata/${fix.advisory}`,
  });
}

function addState(state: PackageState, release: string, base: Base, merger: RangeMerger): void {
  const platform = redhatPlatform(state.cpe);
  if (platform?.release !== release) return;
  // `nodejs:18/nodejs`: a package of a module's stream
  const [stream = "", packageName] = state.package_name.split("/", 2);
  if (packageName === undefined ? stream.includes(":") : !stream.includes(":")) return;
  merger.add(packageName ?? stream, null, {
    ...base,
    ...redhatFixState(state.fix_state),
    ...(packageName !== undefined && { module: stream }),
    ...(platform.channel !== undefined && { channel: platform.channel }),
    url: `https://access.redhat.com/security/cve/${base.vulnerability}`,
  });
}

function severityField({ threat_severity: word }: SecurityDocument): { severity?: NonNullable<AffectedRange["severity"]> } {
  const severity = severityOf(word);
  return severity === undefined ? {} : { severity };
}

function factsOf(document: SecurityDocument): VulnerabilityFacts {
  const vector = /^CVSS:(3\.[01])\/\S+$/u.exec(document.cvss3?.cvss3_scoring_vector ?? "");
  const cvss2 = document.cvss?.cvss_scoring_vector;
  const cvss: NonNullable<VulnerabilityFacts["cvss"]> = [];
  if (vector !== null) cvss.push({ source: "Red Hat", version: vector[1] as "3.0" | "3.1", vector: vector[0] });
  if (cvss2 !== undefined && /^AV:[LAN]\//u.test(cvss2)) cvss.push({ source: "Red Hat", version: "2.0", vector: cvss2 });
  const cwes = [...new Set(document.cwe?.match(/CWE-\d+/gu) ?? [])];
  return {
    ...(document.bugzilla?.description !== undefined && { title: document.bugzilla.description }),
    ...(document.details?.[0] !== undefined && { description: document.details.at(-1) }),
    ...(document.public_date !== undefined && { published: document.public_date }),
    ...severityField(document),
    ...(cvss.length > 0 && { cvss }),
    ...(cwes.length > 0 && { cwes }),
  };
}
