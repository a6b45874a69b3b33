import type { AffectedPackage, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { severityOf } from "../formats/severity.ts";
import { count, type Tally } from "../formats/tally.ts";
import { joinPockets, ubuntuPocket, type PocketStatement } from "./pockets.ts";
import { ubuntuVersion } from "./releases.ts";

/** A CVE of Ubuntu's tracker: statuses of source packages by place, which is a release or a pocket of one. */
export interface TrackerCve {
  candidate: string;
  description?: string;
  priority?: string;
  public_date?: string;
  cvss?: Record<string, string>;
  references?: string[];
  packages: Record<string, Record<string, { status: string; note?: string }>>;
}

/** What the tracker says of one release; null when it says nothing. @param codename the release: `jammy` */
export function trackerRecord(cve: TrackerCve, codename: string, tally?: Tally): FeedRecord | null {
  const statements = new Map<string, PocketStatement[]>();
  for (const [place, packages] of Object.entries(cve.packages)) {
    const pocket = ubuntuPocket(place);
    if (pocket?.codename !== codename) continue;
    for (const [source, { status, note = "" }] of Object.entries(packages)) {
      const statement = statementOf(status, note);
      if (statement === null) {
        // DNE: the release does not have the package
        if (status !== "DNE") count(tally, status === "released" ? "released without a version" : `status ${status}`);
        continue;
      }
      const known = statements.get(source) ?? [];
      statements.set(source, known);
      known.push({ ...statement, channel: pocket.channel });
    }
  }
  const affected = [...statements].flatMap(([source, told]) => affectedPackage(cve, codename, source, told));
  if (affected.length === 0) return null;
  return { name: cve.candidate, vulnerabilities: [cve.candidate], facts: factsOf(cve), affected };
}

/** @param note a version for `released`, a reason for the others */
function statementOf(status: string, note: string): Omit<PocketStatement, "channel"> | null {
  switch (status) {
    case "released":
      return note === "" ? null : { status: "released", fixed: note };
    case "needed":
    case "active":
    case "pending":
      return { status: "open" };
    case "needs-triage":
      return { status: "triage" };
    case "deferred":
      return { status: "deferred" };
    case "not-affected":
      // `not-affected (4.0.9-5ubuntu0.10+esm3)`: an update of the pocket brought the fix before the pocket was asked
      return /^\d\S*[+~]esm\d/u.test(note) ? { status: "released", fixed: note } : { status: "not_affected" };
    case "ignored":
      // that support has ended is no word on the defect, unless it was known before
      return {
        status:
          /^(?:end of|reached end|out of)/iu.test(note) && !/was (?:needed|deferred|pending)/u.test(note)
            ? "unsupported"
            : "ignored",
      };
    default:
      return null;
  }
}

function affectedPackage(cve: TrackerCve, codename: string, source: string, statements: PocketStatement[]): AffectedPackage[] {
  const severity = severityOf(cve.priority);
  const ranges = joinPockets(statements).map((range) => ({
    vulnerability: cve.candidate,
    provider: "ubuntu-tracker" as const,
    name_kind: "source" as const,
    scheme: "dpkg" as const,
    ...range,
    ...(severity !== undefined && { severity }),
    url: `https://ubuntu.com/security/${cve.candidate}`,
  }));
  return ranges.length === 0 ? [] : [{ ecosystem: `deb:ubuntu:${ubuntuVersion(codename)}`, package: source, ranges }];
}

function factsOf(cve: TrackerCve): VulnerabilityFacts {
  const severity = severityOf(cve.priority);
  const cvss = Object.entries(cve.cvss ?? {}).flatMap(([source, text]) => {
    const vector = /CVSS:(3\.[01])\/\S+/u.exec(text);
    return vector === null
      ? []
      : [{ source: source === "nvd" ? "NVD" : source, version: vector[1] as "3.0" | "3.1", vector: vector[0] }];
  });
  const published = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/u.exec(cve.public_date ?? "");
  return {
    ...(cve.description !== undefined && cve.description !== "" && { description: cve.description }),
    ...(published !== null && { published: `${published[1]}T${published[2]}Z` }),
    ...(severity !== undefined && { severity }),
    ...(cvss.length > 0 && { cvss }),
    ...(cve.references !== undefined && { references: cve.references.slice(0, 50).map((url) => ({ url })) }),
  };
}
