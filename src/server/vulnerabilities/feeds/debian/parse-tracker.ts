import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { BadRecord, FeedInput, FeedItem } from "../feed.ts";
import { jsonMembers } from "../formats/json-values.ts";
import { severityOf } from "../formats/severity.ts";
import type { DebianAdvisories } from "./parse-advisories.ts";
import { debianEcosystem } from "./releases.ts";
import { trackerEntry, type TrackerRelease } from "./schema.ts";

const VULNERABILITY = /^(?:CVE-\d{4}-\d{4,}|TEMP-\d+-[0-9A-F]+)$/u;

/**
 * The records of one suite in the tracker's `data/json`: one for each source package and vulnerability.
 *
 * @param advisories DSA and DLA by package, suite and vulnerability, where their lists were read
 */
export async function* parseDebianTracker(
  input: FeedInput,
  suite: string,
  advisories: DebianAdvisories = new Map(),
): AsyncGenerator<FeedItem> {
  for await (const [source, entries] of jsonMembers(input)) {
    if (typeof entries !== "object" || entries === null || Array.isArray(entries)) {
      yield { bad: source, why: "its value is no object of vulnerabilities" };
      continue;
    }
    for (const [vulnerability, entry] of Object.entries(entries)) {
      const record = recordOf(source, vulnerability, entry, suite, advisories);
      if (record !== null) yield record;
    }
  }
}

function recordOf(
  source: string,
  vulnerability: string,
  value: unknown,
  suite: string,
  advisories: DebianAdvisories,
): FeedRecord | BadRecord | null {
  const name = `${source}/${vulnerability}`;
  const ecosystem = debianEcosystem(suite);
  if (ecosystem === null || !VULNERABILITY.test(vulnerability))
    return ecosystem === null ? null : { bad: name, why: "its id is no CVE" };
  try {
    const { description, releases } = trackerEntry(value);
    const release = releases?.[suite];
    if (release === undefined) return null;
    const advisory = release.status === "resolved" ? advisories.get(`${source}/${suite}/${vulnerability}`) : undefined;
    const range = { ...rangeOf(vulnerability, release), ...advisory };
    return {
      name,
      vulnerabilities: [vulnerability],
      facts: description === undefined || description === "" ? {} : { description },
      affected: [
        {
          ecosystem,
          package: source,
          ranges: [{ url: `https://security-tracker.debian.org/tracker/${vulnerability}`, ...range }],
        },
      ],
    };
  } catch (error) {
    return { bad: name, why: error instanceof Error ? error.message : String(error) };
  }
}

function rangeOf(vulnerability: string, release: TrackerRelease): AffectedRange {
  const urgency = (release.urgency ?? "").replace(/\*+$/u, "");
  const severity = severityOf(urgency);
  const range: AffectedRange = {
    vulnerability,
    status: "affected",
    provider: "debian-tracker",
    name_kind: "source",
    scheme: "dpkg",
    fix: "unfixed",
    ...(severity !== undefined && { severity }),
    ...(urgency === "unimportant" && { severity: "low" as const, suppressed: "Debian rates it unimportant" }),
  };
  if (release.status === "undetermined") return { ...range, status: "unknown", fix: "unknown" };
  if (release.status === "open") return { ...range, fix: openFix(release, urgency) };
  if (release.fixed_version === "0") return { ...range, status: "not_affected", fix: "unknown" };
  // resolved without a version: fixed, and nobody says since when
  if (release.fixed_version === undefined) return { ...range, status: "unknown", fix: "unknown" };
  return { ...range, fixed: release.fixed_version, fix: "fixed" };
}

function openFix(release: TrackerRelease, urgency: string): AffectedRange["fix"] {
  if (urgency === "end-of-life") return "end_of_life";
  if (release.nodsa_reason === "ignored") return "will_not_fix";
  return release.nodsa_reason === "postponed" ? "deferred" : "unfixed";
}
