import type { AffectedPackage, FeedRecord } from "#domain/vulnerability/model.ts";
import { FeedError, syncWhole, type FeedInput, type FeedItem, type FleetNeeds, type RecordFeed } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";

const BASE = "https://secdb.alpinelinux.org";

/** Alpine's security database: fixed versions of source packages (origins). What is not fixed yet is not in it. */
export const alpine: RecordFeed = {
  name: "alpine",
  kind: "records",
  title: "Alpine security database",
  publisher: "Alpine Linux",
  homepage: "https://secdb.alpinelinux.org/",
  licence: "CC BY-SA 4.0",
  purpose: "Fixed versions of Alpine's packages in each branch.",
  everySeconds: 6 * 3600,
  parts: alpineBranches,
  sync: syncWhole(
    (part) => ["main", "community"].map((repository) => `${BASE}/${part === "edge" ? part : `v${part}`}/${repository}.json`),
    parseAlpine,
  ),
  // a folder of complete files is read after a publisher's tree, of which somebody may have cut a piece
  files: [
    {
      pattern: /(?:^|\/)(?:v(\d+\.\d+)|(edge))-(?:main|community)\.json(?:\.\w+)?$/u,
      part: (match) => match[1] ?? match[2] ?? null,
      parse: parseAlpine,
    },
    {
      pattern: /(?:^|\/)(?:v(\d+\.\d+)|(edge))\/(?:main|community)\.json(?:\.\w+)?$/u,
      part: (match) => match[1] ?? match[2] ?? null,
      order: -1,
      parse: parseAlpine,
    },
  ],
};

function alpineBranches(fleet: FleetNeeds): string[] {
  const branches = new Set<string>();
  for (const ecosystem of fleet.ecosystems)
    if (ecosystem.startsWith("apk:alpine:")) branches.add(ecosystem.slice("apk:alpine:".length));
  for (const { name } of fleet.scopes) {
    const branch = /^alpine:(\d+\.\d+|edge)/u.exec(name)?.[1];
    if (branch !== undefined) branches.add(branch);
  }
  return [...branches].filter((branch) => /^(?:\d+\.\d+|edge)$/u.test(branch)).toSorted();
}

interface Secdb {
  reponame?: unknown;
  packages?: unknown;
}

/** @param part the branch: `3.21`, `edge` */
export async function* parseAlpine(input: FeedInput, part: string): AsyncGenerator<FeedItem> {
  const { reponame, packages } = await jsonDocument<Secdb>(input);
  if (typeof reponame !== "string" || !Array.isArray(packages))
    throw new FeedError(`${input.name} has no reponame or no list of packages`);
  for (const entry of packages) {
    const pkg = (entry as { pkg?: { name?: unknown; secfixes?: unknown } } | null)?.pkg;
    if (typeof pkg?.name !== "string" || typeof pkg.secfixes !== "object" || pkg.secfixes === null) {
      yield { bad: `${reponame}/${String(pkg?.name)}`, why: "a package has no name or no secfixes" };
    } else {
      const record = recordOf(`${reponame}/${pkg.name}`, pkg.name, pkg.secfixes as Record<string, unknown>, part);
      if (record.vulnerabilities.length > 0) yield record;
    }
  }
}

function recordOf(name: string, packageName: string, secfixes: Record<string, unknown>, branch: string): FeedRecord {
  const affected: AffectedPackage = { ecosystem: `apk:alpine:${branch}`, package: packageName, ranges: [] };
  const vulnerabilities = new Set<string>();
  for (const [version, texts] of Object.entries(secfixes)) {
    // one text may hold several names: `CVE-2019-20387 XSA-123`
    const ids = new Set((Array.isArray(texts) ? texts : []).flatMap((text) => idsOf(String(text))));
    for (const vulnerability of ids) {
      vulnerabilities.add(vulnerability);
      const range = { vulnerability, provider: "secdb", name_kind: "source", scheme: "apk" } as const;
      // fixed in "0": the package never had the defect
      affected.ranges.push(
        version === "0"
          ? { ...range, status: "not_affected", fix: "unknown" }
          : {
              ...range,
              status: "affected",
              fixed: version,
              fix: "fixed",
              url: `https://security.alpinelinux.org/vuln/${vulnerability}`,
            },
      );
    }
  }
  return { name, vulnerabilities: [...vulnerabilities], facts: null, affected: [affected] };
}

/** CVE ids where there are some, else GHSA, Xen and other names. */
function idsOf(text: string): string[] {
  const cves = text.match(/CVE-\d{4}-\d{4,}/gu);
  return (
    cves ??
    text.match(
      /(?:GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|XSA-\d+|GNUTLS-SA-[\d-]+|ZBX-\d+|TALOS-\d{4}-\d+|ALPINE-\d+|MAL-\d{4}-\d+)/gu,
    ) ??
    []
  );
}
