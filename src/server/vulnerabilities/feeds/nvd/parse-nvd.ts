import { reduceConfigurations } from "#domain/vulnerability/cpe-configurations.ts";
import type { LeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { member, objectAt, objectOf, objectsAt, ShapeError, textAt, textsAt } from "#domain/vulnerability/loose-json.ts";
import type { CvssVector, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import type { BadRecord } from "../feed.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Ids as the CVE programme gives them; also what keeps anything else out of keys and addresses. */
export const CVE_ID = /^CVE-(\d{4})-\d{4,10}$/;

const MAX_DESCRIPTION = 6000;
const MAX_REFERENCES = 100;
/** Items of a list that one record may bring; the largest real ones have some hundreds. */
const MAX_ITEMS = 20_000;

/**
 * States in which NVD's configurations are NVD's own word. Deferred records that were analysed before (all of before 2018 are deferred
 * since April 2025) keep their configurations; those never analysed have none.
 */
const ANALYSED = new Set(["Analyzed", "Modified", "Deferred"]);

/**
 * One record of NVD (JSON 2.0: `{cve: {…}}`) in the common model.
 *
 * @param leftOut counts criteria that gave no range
 */
export function nvdRecord(value: unknown, leftOut: LeftOut): FeedRecord | BadRecord {
  return readRecord(value, (cve, id) => {
    const status = textAt(cve, "vulnStatus", 50) ?? "";
    const rejected = status === "Rejected";
    const configurations = ANALYSED.has(status) ? objectsAt(cve, "configurations", MAX_ITEMS) : [];
    return {
      name: id,
      vulnerabilities: [id],
      facts: rejected ? { ...datesOf(cve), rejected: true } : factsOf(cve),
      affected: reduceConfigurations(configurations, id, "nvd", leftOut),
    };
  });
}

/**
 * One record of VulnCheck's NVD++: NVD's shape with `vcConfigurations`, VulnCheck's own; what it repeats of NVD is not taken again.
 *
 * @param leftOut counts criteria that gave no range
 */
export function vulncheckRecord(value: unknown, leftOut: LeftOut): FeedRecord | BadRecord {
  return readRecord(value, (cve, id) => {
    const rejected = textAt(cve, "vulnStatus", 50) === "Rejected";
    const configurations = rejected ? [] : objectsAt(cve, "vcConfigurations", MAX_ITEMS);
    return {
      name: id,
      vulnerabilities: [id],
      facts: null,
      affected: reduceConfigurations(configurations, id, "vulncheck", leftOut),
    };
  });
}

function readRecord(value: unknown, read: (cve: Fields, id: string) => FeedRecord): FeedRecord | BadRecord {
  let id = "a record without an id";
  try {
    const record = objectOf(value, "a record");
    // VulnCheck's files hold records without the envelope of the API
    const cve = member(record, "cve") === undefined ? record : objectAt(record, "cve");
    id = textAt(cve, "id", 100) ?? id;
    if (!CVE_ID.test(id)) return { bad: id, why: "its id is no CVE id" };
    return read(cve, id);
  } catch (error) {
    if (error instanceof ShapeError) return { bad: id, why: error.message };
    throw error;
  }
}

function factsOf(cve: Fields): VulnerabilityFacts {
  const descriptions = objectsAt(cve, "descriptions", MAX_ITEMS);
  const english = descriptions.find((each) => /^en\b/i.test(textAt(each, "lang", 20) ?? ""));
  const description = textAt(english ?? {}, "value", MAX_DESCRIPTION);
  const references = referencesOf(cve);
  const cwes = cwesOf(cve);
  const cvss = vectorsOf(cve);
  return {
    ...datesOf(cve),
    ...(description === undefined ? {} : { description }),
    ...(cvss.length === 0 ? {} : { cvss }),
    ...(cwes.length === 0 ? {} : { cwes }),
    ...(references.length === 0 ? {} : { references }),
    ...(references.some((reference) => reference.tags?.includes("Exploit")) ? { exploit: true as const } : {}),
  };
}

function datesOf(cve: Fields): Pick<VulnerabilityFacts, "published" | "modified"> {
  const published = utcTime(textAt(cve, "published", 40));
  const modified = utcTime(textAt(cve, "lastModified", 40));
  return { ...(published === undefined ? {} : { published }), ...(modified === undefined ? {} : { modified }) };
}

/** NVD's times have no zone and are UTC. A text that is no time gives undefined. */
export function utcTime(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const time = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

const METRICS = ["cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2"];
const VERSIONS: ReadonlySet<string> = new Set(["2.0", "3.0", "3.1", "4.0"]);

function vectorsOf(cve: Fields): CvssVector[] {
  const metrics = objectAt(cve, "metrics");
  return METRICS.flatMap((name) =>
    objectsAt(metrics, name, 1000).flatMap((metric) => {
      const data = objectAt(metric, "cvssData");
      const vector = textAt(data, "vectorString", 500);
      const version = textAt(data, "version", 10);
      if (vector === undefined || version === undefined || !VERSIONS.has(version)) return [];
      return [{ source: sourceName(textAt(metric, "source", 200) ?? ""), version: version as CvssVector["version"], vector }];
    }),
  );
}

/** CISA's "authorized data publisher" in the registry of CVE organisations. */
const CISA_ADP = "134c704f-9b21-4f2e-91b3-4a467353bcc0";

function sourceName(source: string): string {
  if (source === "nvd@nist.gov" || source === "") return "NVD";
  return source === CISA_ADP ? "CISA-ADP" : source;
}

function cwesOf(cve: Fields): string[] {
  const texts = objectsAt(cve, "weaknesses", 1000).flatMap((weakness) =>
    objectsAt(weakness, "description", 1000).map((description) => textAt(description, "value", 50) ?? ""),
  );
  return [...new Set(texts.filter((text) => /^CWE-\d{1,5}$/.test(text)))];
}

function referencesOf(cve: Fields): NonNullable<VulnerabilityFacts["references"]> {
  const byUrl = new Map<string, string[]>();
  for (const reference of objectsAt(cve, "references", MAX_ITEMS)) {
    const url = textAt(reference, "url", 2000);
    if (url === undefined || !/^(?:https?|ftp):\/\//i.test(url)) continue;
    const tags = textsAt(reference, "tags", 100).map((tag) => tag.slice(0, 50));
    byUrl.set(url, [...new Set([...(byUrl.get(url) ?? []), ...tags])]);
  }
  // those that say more (patches, advisories, exploits) are kept when there are too many
  const all = [...byUrl].map(([url, tags]) => (tags.length === 0 ? { url } : { url, tags }));
  return all.length <= MAX_REFERENCES
    ? all
    : all.toSorted((a, b) => ("tags" in b ? 1 : 0) - ("tags" in a ? 1 : 0)).slice(0, MAX_REFERENCES);
}
