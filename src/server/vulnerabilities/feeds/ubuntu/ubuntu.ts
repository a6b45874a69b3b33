import type { AffectedPackage, CvssVector, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedIo, FeedItem, RecordFeed, SyncResult } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { severityOf } from "../formats/severity.ts";
import { ubuntuChannel, ubuntuReleases, ubuntuVersion } from "./releases.ts";

const URL = "https://security-metadata.canonical.com/osv/osv-all.tar.xz";
const DESCRIPTION_LENGTH = 2000;

/** Ubuntu's OSV records: a record for each CVE with all releases, fixed or open, Ubuntu Pro among them; and the notices (USN). */
export const ubuntu: RecordFeed = {
  name: "ubuntu",
  kind: "records",
  title: "Ubuntu OSV",
  publisher: "Canonical",
  homepage: "https://security-metadata.canonical.com/osv/",
  licence: "CC BY-SA 4.0",
  purpose: "Vulnerabilities of Ubuntu's source packages in each release, with the fixes of Ubuntu Pro.",
  everySeconds: 3 * 3600,
  parts: ubuntuReleases,
  sync: syncUbuntu,
  files: [{ pattern: /(?:^|\/)osv-all\.tar\.xz$/u, part: () => "*", parse: parseUbuntuOsv }],
};

async function syncUbuntu(part: string, io: FeedIo): Promise<SyncResult> {
  const file = await io.get(URL, { freshSeconds: 3600 });
  return file.changed ? { mode: "full", items: parseUbuntuOsv(file, part) } : { mode: "unchanged" };
}

interface OsvRecord {
  id: string;
  details?: string;
  published?: string;
  modified?: string;
  withdrawn?: string;
  severity?: { type: string; score: string }[];
  related?: string[];
  upstream?: string[];
  affected?: OsvAffected[];
  references?: { url: string }[];
}

interface OsvAffected {
  package: { ecosystem: string; name: string; purl?: string };
  ranges?: { type: string; events: { introduced?: string; fixed?: string; last_affected?: string }[] }[];
  ecosystem_specific?: { ubuntu_priority?: string };
}

/**
 * The records of one release. Which notice brought a fix stands in files of its own behind those of the CVEs, so the release's records are
 * held until the archive's end.
 *
 * @param codename the release: `jammy`
 */
export async function* parseUbuntuOsv(input: FeedInput, codename: string): AsyncGenerator<FeedItem> {
  const records: FeedRecord[] = [];
  const notices = new Map<string, string>();
  for await (const member of archiveMembers(input, (path) => /(?:^|\/)osv\/(?:cve|usn)\/.*\.json$/u.test(path))) {
    const osv = member.json<Partial<OsvRecord> | null>();
    if (typeof osv?.id !== "string") {
      yield { bad: member.path, why: "id is no text" };
    } else if (osv.id.startsWith("USN-")) {
      addNotice(osv as OsvRecord, codename, notices);
    } else if (osv.id.startsWith("UBUNTU-CVE-")) {
      const record = recordOf(osv as OsvRecord, codename);
      if (record !== null) records.push(record);
    }
  }
  for (const record of records) {
    nameNotices(record, notices);
    yield record;
  }
}

/** `Ubuntu:22.04:LTS`, `Ubuntu:Pro:22.04:LTS`, `Ubuntu:Pro:FIPS-updates:22.04:LTS`. */
const ECOSYSTEM = /^Ubuntu(:Pro)?(?::([A-Za-z-]+))?:(\d+\.\d+)(?::LTS)?$/u;

function* ofRelease(
  { affected }: OsvRecord,
  codename: string,
): Generator<{ entry: OsvAffected; channel: string | undefined; fixed: string | undefined }> {
  for (const entry of affected ?? []) {
    const [, pro, service = "", version] = ECOSYSTEM.exec(entry.package.ecosystem) ?? [];
    if (version === undefined || version !== ubuntuVersion(codename)) continue;
    const fixed = (entry.ranges ?? []).flatMap(({ events }) => events.flatMap((event) => event.fixed ?? [])).at(-1);
    const place = /[?&]distro=([\w./-]+)/u.exec(entry.package.purl ?? "")?.[1] ?? service.toLowerCase();
    const channel = pro === undefined ? undefined : (ubuntuChannel(fixed ?? "", place) ?? "esm-infra");
    yield { entry, channel, fixed };
  }
}

function recordOf(osv: OsvRecord, codename: string): FeedRecord | null {
  const cve = osv.id.slice("UBUNTU-".length);
  if (osv.withdrawn !== undefined) return { name: cve, vulnerabilities: [cve], facts: { rejected: true }, affected: [] };
  const packages = new Map<string, AffectedPackage>();
  for (const { entry, channel, fixed } of ofRelease(osv, codename)) {
    const { name } = entry.package;
    const known = packages.get(name) ?? { ecosystem: `deb:ubuntu:${ubuntuVersion(codename)}`, package: name, ranges: [] };
    packages.set(name, known);
    const severity = severityOf(entry.ecosystem_specific?.ubuntu_priority);
    known.ranges.push({
      vulnerability: cve,
      status: "affected",
      provider: "ubuntu-osv",
      name_kind: "source",
      scheme: "dpkg",
      ...(fixed === undefined ? { fix: "unfixed" as const } : { fixed, fix: "fixed" as const }),
      // open in Ubuntu Pro is open everywhere
      ...(channel !== undefined && fixed !== undefined && { channel }),
      ...(severity !== undefined && { severity }),
      url: `https://ubuntu.com/security/${cve}`,
    });
  }
  return packages.size === 0
    ? null
    : { name: cve, vulnerabilities: [cve], facts: factsOf(osv), affected: [...packages.values()] };
}

function noticeKey(cve: string, source: string, fixed: string): string {
  return `${cve}\0${source}\0${fixed}`;
}

function addNotice(osv: OsvRecord, codename: string, notices: Map<string, string>): void {
  const cves = [...(osv.related ?? []), ...(osv.upstream ?? [])].filter((id) => id.startsWith("CVE-"));
  for (const { entry, fixed } of ofRelease(osv, codename)) {
    if (fixed === undefined) continue;
    for (const cve of cves) notices.set(noticeKey(cve, entry.package.name, fixed), osv.id);
  }
}

function nameNotices(record: FeedRecord, notices: Map<string, string>): void {
  for (const { package: source, ranges } of record.affected) {
    for (const range of ranges) {
      const notice = notices.get(noticeKey(range.vulnerability, source, range.fixed ?? ""));
      if (notice !== undefined) Object.assign(range, { advisory: notice, url: `https://ubuntu.com/security/notices/${notice}` });
    }
  }
}

function factsOf(osv: OsvRecord): VulnerabilityFacts {
  const cvss = (osv.severity ?? []).flatMap(({ type, score }): CvssVector[] => {
    const version = /^CVSS:(3\.0|3\.1|4\.0)\//u.exec(score)?.[1];
    if (version !== undefined) return [{ source: "Ubuntu", version: version as CvssVector["version"], vector: score }];
    return type === "CVSS_V2" ? [{ source: "Ubuntu", version: "2.0", vector: score }] : [];
  });
  const severity = severityOf(osv.severity?.find(({ type }) => type === "Ubuntu")?.score);
  return {
    ...(osv.details !== undefined && osv.details !== "" && { description: osv.details.slice(0, DESCRIPTION_LENGTH) }),
    ...(osv.published !== undefined && { published: osv.published }),
    ...(osv.modified !== undefined && { modified: osv.modified }),
    ...(severity !== undefined && { severity }),
    ...(cvss.length > 0 && { cvss }),
    ...(osv.references !== undefined && { references: osv.references.slice(0, 20).map(({ url }) => ({ url })) }),
  };
}
