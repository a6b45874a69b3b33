import type { CvssVector, FeedRecord, Severity, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { count, type Tally } from "../formats/tally.ts";
import { osvAffected, type RangeContext } from "./affected.ts";
import { osvEcosystem } from "./ecosystems.ts";
import type { OsvRecord } from "./schema.ts";
import { field, list } from "./values.ts";

/** Characters of a description and references that are kept. */
const MAX_DESCRIPTION = 20_000;
const MAX_REFERENCES = 100;

/** Distributions number their own copies of a CVE: these ids are its aliases, while others are advisories of several. */
const CVE_COPY = /^(?:UBUNTU|DEBIAN|ALPINE|BREW(?:-[\w@.+-]+?)?)-(CVE-\d{4}-\d+)$/;
const CVE = /^CVE-\d{4}-\d{4,}$/;

/**
 * One record of OSV's, as far as it concerns one ecosystem of ours.
 *
 * @param part the ecosystem, such as `npm` or `deb:debian:12`
 * @returns null when the record says nothing about the ecosystem
 */
export function osvRecord(record: OsvRecord, part: string, tally?: Tally): FeedRecord | null {
  const ecosystems = (record.affected ?? []).map((affected) =>
    osvEcosystem(affected.package?.ecosystem ?? "", affected.package?.purl),
  );
  const its = ecosystems.find((ecosystem) => ecosystem?.ecosystem === part);
  // what is withdrawn is not looked up by package any more, and may have lost them
  if (isSet(record.withdrawn)) return its === undefined ? null : rejected(record);
  if (its === undefined || its === null) {
    if (tally !== undefined) osvAffected(record, part, { vulnerabilities: [] }, tally);
    return null;
  }
  // a live patch leaves the installed kernel's version as it is: its versions say nothing about the package
  if (record.id.startsWith("LSN-")) return skipped(tally, "live patch");
  const vulnerabilities = vulnerabilitiesOf(record, its.distribution);
  if (vulnerabilities.length === 0) return skipped(tally, "advisory without a CVE");
  const isAdvisory = its.distribution && vulnerabilities[0] !== record.id && !CVE_COPY.test(record.id);
  const affected = osvAffected(record, part, contextOf(record, vulnerabilities, isAdvisory), tally);
  const facts = isAdvisory ? null : factsOf(record, its.distribution);
  const aliases = isAdvisory ? [] : aliasesOf(record, vulnerabilities[0] ?? record.id);
  return { name: record.id, vulnerabilities, ...(aliases.length === 0 ? {} : { aliases }), facts, affected };
}

function skipped(tally: Tally | undefined, why: string): null {
  count(tally, why);
  return null;
}

/** The advisory is gone, the vulnerabilities that it named may well exist: it takes only its own id along. */
function rejected(record: OsvRecord): FeedRecord {
  return { name: record.id, vulnerabilities: [record.id], facts: { rejected: true, ...timesOf(record) }, affected: [] };
}

/**
 * Canonical ids (reference §2.4): the id where it is a CVE's, else the CVEs of `aliases`, else of `upstream`; a distribution's advisory
 * also names them as `related`. Without any the record's own id, but for advisories: those are about other things than security.
 */
function vulnerabilitiesOf(record: OsvRecord, isDistribution: boolean): string[] {
  if (CVE.test(record.id)) return [record.id];
  const copy = CVE_COPY.exec(record.id)?.[1];
  if (copy !== undefined) return [copy];
  for (const names of [record.aliases, record.upstream, isDistribution ? record.related : []]) {
    const cves = (names ?? []).filter((name) => CVE.test(name));
    if (cves.length > 0) return [...new Set(cves)];
  }
  return isDistribution ? [] : [record.id];
}

function aliasesOf(record: OsvRecord, canonical: string): [string, string][] {
  // two CVEs are two vulnerabilities, whatever a publisher calls them
  const names = [record.id, ...(record.aliases ?? [])].filter((name) => name !== canonical && !CVE.test(name));
  return [...new Set(names)].map((name) => [name, canonical]);
}

function contextOf(record: OsvRecord, vulnerabilities: string[], isAdvisory: boolean): RangeContext {
  const context: RangeContext = { vulnerabilities };
  const severity = isAdvisory ? TITLE_SEVERITIES[/^(\w+): /.exec(record.summary ?? "")?.[1] ?? ""] : severityOf(record);
  if (severity !== undefined) context.severity = severity;
  if (!CVE.test(record.id) && !CVE_COPY.test(record.id)) context.advisory = record.id;
  const url = (record.references ?? []).find(({ type }) => type === "ADVISORY")?.url;
  if (url !== undefined && isAdvisory) context.url = url;
  return context;
}

/** Red Hat's words, which its rebuilds begin their titles with. */
const TITLE_SEVERITIES: Readonly<Record<string, Severity>> = {
  Critical: "critical",
  Important: "high",
  Moderate: "medium",
  Low: "low",
};

/** GitHub's, Ubuntu's and Red Hat's words in lower case. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  critical: "critical",
  high: "high",
  important: "high",
  moderate: "medium",
  medium: "medium",
  low: "low",
  negligible: "low",
};

function severityOf(record: OsvRecord): Severity | undefined {
  if (isMalware(record)) return "critical";
  const ubuntu = (record.severity ?? []).find(({ type }) => type === "Ubuntu")?.score ?? "";
  return SEVERITIES[(ubuntu || field(record.database_specific, "severity")).toLowerCase()];
}

/** Records of the OpenSSF's list of malicious packages. */
function isMalware(record: OsvRecord): boolean {
  return record.id.startsWith("MAL-");
}

function factsOf(record: OsvRecord, isDistribution: boolean): VulnerabilityFacts {
  const facts: VulnerabilityFacts = { ...timesOf(record) };
  if (isSet(record.summary)) facts.title = record.summary.slice(0, 500);
  if (isSet(record.details)) facts.description = record.details.slice(0, MAX_DESCRIPTION);
  const severity = severityOf(record);
  if (severity !== undefined) facts.severity = severity;
  const cvss = cvssOf(record, isDistribution);
  if (cvss.length > 0) facts.cvss = cvss;
  const cwes = list(record.database_specific, "cwe_ids").filter(
    (cwe): cwe is string => typeof cwe === "string" && /^CWE-\d+$/.test(cwe),
  );
  if (cwes.length > 0) facts.cwes = cwes;
  const references = (record.references ?? []).filter(({ url }) => /^https?:\/\//.test(url)).slice(0, MAX_REFERENCES);
  if (references.length > 0) facts.references = references.map(({ type, url }) => ({ url, tags: [type.toLowerCase()] }));
  if (isMalware(record)) facts.malware = true;
  return facts;
}

/** Vectors of the record, or of its packages where it has none itself. */
function cvssOf(record: OsvRecord, isDistribution: boolean): CvssVector[] {
  const own = record.severity ?? [];
  const scores = own.some(({ type }) => type.startsWith("CVSS_"))
    ? own
    : (record.affected ?? []).flatMap(({ severity }) => severity ?? []);
  const source = record.id.startsWith("GHSA-") ? "GitHub" : isDistribution ? "OSV" : (/^[A-Z]+/.exec(record.id)?.[0] ?? "OSV");
  const vectors = new Map<string, CvssVector>();
  for (const { score } of scores) {
    const version = /^CVSS:(3\.0|3\.1|4\.0)\//.exec(score)?.[1] ?? (/^\(?AV:[NAL]\/AC:/.test(score) ? "2.0" : undefined);
    if (version !== undefined) vectors.set(score, { source, version: version as CvssVector["version"], vector: score });
  }
  return [...vectors.values()];
}

function timesOf(record: OsvRecord): Pick<VulnerabilityFacts, "published" | "modified"> {
  const times: Pick<VulnerabilityFacts, "published" | "modified"> = {};
  if (isTime(record.published)) times.published = record.published;
  if (isTime(record.modified)) times.modified = record.modified;
  return times;
}

/** Go's data has the year 1 where a time is not known. */
function isTime(text: string | undefined): text is string {
  return text !== undefined && /^(?:19|20)\d\d-\d\d-\d\dT[\d:.]+Z$/.test(text);
}

function isSet(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== "";
}
