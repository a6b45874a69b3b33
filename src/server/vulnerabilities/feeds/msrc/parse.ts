import type { CvssVector, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedItem } from "../feed.ts";
import { unpacked } from "../formats/unpacked.ts";
import type { MsrcItem, MsrcVulnerability } from "./document.ts";
import { severityOf } from "./advisory.ts";
import { affectedOf } from "./fixes.ts";
import { readMsrcJson } from "./read-json.ts";
import { readMsrcXml } from "./read-xml.ts";
import { count, type Tally } from "../formats/tally.ts";

const MAX_DESCRIPTION = 20_000;
const MAX_REFERENCES = 100;

/** The records of a monthly document: one for each CVE that concerns more than Microsoft's own Linux. */
export async function* parseMsrc(input: FeedInput, tally: Tally | undefined = input.tally): AsyncGenerator<FeedItem> {
  const names = new Map<string, string>();
  for await (const item of await readMsrc(input)) {
    if ("product" in item) names.set(item.product.id, item.product.name);
    else {
      const record = recordOf(item.vulnerability, names, tally);
      if (record !== null) yield record;
    }
  }
}

/** Microsoft serves XML unless it is asked for JSON: the first sign tells. */
async function readMsrc(input: FeedInput): Promise<AsyncGenerator<MsrcItem>> {
  for await (const chunk of unpacked(input))
    return chunk.toString("utf8", 0, 16).trimStart().startsWith("{") ? readMsrcJson(input) : readMsrcXml(input);
  return readMsrcXml(input);
}

function recordOf(vulnerability: MsrcVulnerability, names: ReadonlyMap<string, string>, tally?: Tally): FeedRecord | null {
  const { cve } = vulnerability;
  // an advisory such as ADV990001 (servicing stack updates) is no vulnerability
  if (!/^CVE-\d{4}-\d{4,}$/.test(cve)) return skipped(tally, "no CVE");
  const concerned = [...vulnerability.affected].map((id) => names.get(id) ?? "");
  if (concerned.length > 0 && concerned.every((name) => /mariner|azure linux|^azl\d/i.test(name)))
    return skipped(tally, "Azure Linux only");
  return { name: cve, vulnerabilities: [cve], facts: factsOf(vulnerability), affected: affectedOf(vulnerability, names, tally) };
}

function skipped(tally: Tally | undefined, why: string): null {
  count(tally, why);
  return null;
}

const ORDER = ["low", "medium", "high", "critical"] as const;

function factsOf(vulnerability: MsrcVulnerability): VulnerabilityFacts {
  const facts: VulnerabilityFacts = {};
  if (vulnerability.title !== "") facts.title = vulnerability.title.slice(0, 500);
  const description = plain(vulnerability.description);
  if (description !== "") facts.description = description.slice(0, MAX_DESCRIPTION);
  const revisions = vulnerability.revisions.filter((time) => /^\d{4}-\d\d-\d\dT[\d:.]+Z?$/.test(time)).toSorted();
  const [first, last] = [revisions[0], revisions.at(-1)];
  if (first !== undefined && last !== undefined) Object.assign(facts, { published: utc(first), modified: utc(last) });
  const severities = [...vulnerability.severities.keys()].map((product) => severityOf(vulnerability, product));
  const severity = ORDER.findLast((one) => severities.includes(one));
  if (severity !== undefined) facts.severity = severity;
  const cvss = [...vulnerability.vectors].flatMap(cvssOf);
  if (cvss.length > 0) facts.cvss = cvss;
  const cwes = vulnerability.cwes.filter((cwe) => /^CWE-\d+$/.test(cwe));
  if (cwes.length > 0) facts.cwes = [...new Set(cwes)];
  if (vulnerability.isExploited) facts.exploit = true;
  facts.references = [
    { url: `https://msrc.microsoft.com/update-guide/vulnerability/${vulnerability.cve}`, tags: ["advisory"] },
    ...updatesOf(vulnerability),
  ].slice(0, MAX_REFERENCES);
  return facts;
}

/** Vectors that also judge exploitation today (`E:`, `RL:`, `RC:`) give the base score all the same. */
function cvssOf(vector: string): CvssVector[] {
  const version = /^CVSS:(3\.0|3\.1|4\.0)\//.exec(vector)?.[1];
  return version === undefined ? [] : [{ source: "Microsoft", version: version as CvssVector["version"], vector }];
}

/** The updates, each with those that it replaces. */
function updatesOf({ fixes }: MsrcVulnerability): { url: string; tags: string[] }[] {
  const updates = new Map<string, Set<string>>();
  for (const { kb, supersedes } of fixes) {
    if (kb === "") continue;
    const replaced = updates.get(kb) ?? new Set();
    for (const article of supersedes) replaced.add(article);
    updates.set(kb, replaced);
  }
  return [...updates].map(([kb, replaced]) => ({
    url: `https://support.microsoft.com/help/${kb}`,
    tags: ["patch", `KB${kb}`, ...[...replaced].map((article) => `replaces KB${article}`)],
  }));
}

function utc(time: string): string {
  return time.endsWith("Z") ? time : `${time}Z`;
}

function plain(html: string): string {
  return html
    .replaceAll(/<[^<>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
