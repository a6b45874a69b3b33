import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedInput } from "../feed.ts";
import { lines } from "../formats/json-values.ts";
import { debianEcosystem } from "./releases.ts";

/** Advisory of a fix by `source package/suite/vulnerability`. */
export type DebianAdvisories = Map<string, { advisory: string; url: string }>;

interface DebianAdvisory {
  /** `DSA-5380-1`. */
  id: string;
  title: string;
  vulnerabilities: string[];
  fixed: { suite: string; source: string; version: string }[];
}

const HEADING = /^\[\d\d \w{3} \d{4}\] ((?:DSA|DLA|DTSA)-\d+(?:-\d+)?) (.*)$/u;
const FIXED = /^\s+\[([a-z]+)\] - (\S+) (\S+)/u;

/** Advisories of the tracker's lists `data/DSA/list` and `data/DLA/list`, in their order (newest first). */
export async function* readDebianAdvisories(input: FeedInput): AsyncGenerator<DebianAdvisory> {
  let current: DebianAdvisory | null = null;
  for await (const line of lines(input)) {
    const heading = HEADING.exec(line);
    if (heading !== null) {
      if (current !== null) yield current;
      current = { id: heading[1] ?? "", title: heading[2] ?? "", vulnerabilities: [], fixed: [] };
      continue;
    }
    if (current === null) continue;
    const fixed = FIXED.exec(line);
    // `<not-affected>` and `<unfixed>` stand in the place of a version
    if (fixed !== null && !(fixed[3] ?? "").startsWith("<")) {
      current.fixed.push({ suite: fixed[1] ?? "", source: fixed[2] ?? "", version: fixed[3] ?? "" });
    } else if (/^\s+\{/u.test(line)) {
      current.vulnerabilities.push(...(line.match(/CVE-\d{4}-\d{4,}/gu) ?? []));
    }
  }
  if (current !== null) yield current;
}

function debianAdvisoryUrl(id: string): string {
  const [kind = "", number = ""] = id.split("-");
  return kind === "DSA"
    ? `https://www.debian.org/security/${kind.toLowerCase()}-${number}`
    : `https://security-tracker.debian.org/tracker/${id}`;
}

/** Adds the advisories of a list. Where several speak of one vulnerability of a package the oldest counts: it brought the fix. */
export async function addDebianAdvisories(known: DebianAdvisories, input: FeedInput): Promise<void> {
  for await (const { id, vulnerabilities, fixed } of readDebianAdvisories(input)) {
    for (const { suite, source } of fixed) {
      for (const cve of vulnerabilities) known.set(`${source}/${suite}/${cve}`, { advisory: id, url: debianAdvisoryUrl(id) });
    }
  }
}

/** The records of a list alone, where the tracker's own data is not at hand: one an advisory, of one suite. */
export async function* parseDebianAdvisories(input: FeedInput, suite: string): AsyncGenerator<FeedRecord> {
  const ecosystem = debianEcosystem(suite);
  if (ecosystem === null) return;
  for await (const { id, vulnerabilities, fixed } of readDebianAdvisories(input)) {
    const here = fixed.filter((one) => one.suite === suite);
    if (here.length === 0 || vulnerabilities.length === 0) continue;
    const range = (vulnerability: string, version: string): AffectedRange => ({
      vulnerability,
      status: "affected",
      // below the tracker, which corrects what an advisory said on its day
      provider: "debian-oval",
      name_kind: "source",
      scheme: "dpkg",
      fixed: version,
      fix: "fixed",
      advisory: id,
      url: debianAdvisoryUrl(id),
    });
    yield {
      name: id,
      vulnerabilities: [...new Set(vulnerabilities)],
      facts: null,
      affected: here.map(({ source, version }) => ({
        ecosystem,
        package: source,
        ranges: [...new Set(vulnerabilities)].map((vulnerability) => range(vulnerability, version)),
      })),
    };
  }
}
