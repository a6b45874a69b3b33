import type { AffectedPackage, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedIo, FeedItem, RecordFeed, SyncResult } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { joinPockets, ubuntuPocket, type PocketStatement } from "./pockets.ts";
import { ubuntuReleases, ubuntuVersion } from "./releases.ts";

const URL = "https://security-metadata.canonical.com/vex/vex-all.tar.xz";

/** Ubuntu's OpenVEX documents: which source packages are not affected, not going to be fixed or still looked at. */
export const ubuntuVex: RecordFeed = {
  name: "ubuntu-vex",
  kind: "records",
  title: "Ubuntu VEX",
  publisher: "Canonical",
  homepage: "https://security-metadata.canonical.com/vex/",
  licence: "CC BY-SA 4.0",
  purpose: "What Ubuntu says of its source packages beside fixes: not affected, ignored, deferred, under investigation.",
  everySeconds: 12 * 3600,
  parts: ubuntuReleases,
  sync: syncUbuntuVex,
  files: [
    { pattern: /(?:^|\/)vex-all\.tar\.xz$/u, part: () => "*", parse: parseUbuntuVexArchive },
    { pattern: /(?:^|\/)ubuntu-openvex\/CVE-\d{4}-\d+\.json(?:\.\w+)?$/u, part: () => "*", order: 1, parse: parseUbuntuVexFile },
  ],
};

async function syncUbuntuVex(part: string, io: FeedIo): Promise<SyncResult> {
  const file = await io.get(URL, { freshSeconds: 3600 });
  return file.changed ? { mode: "full", items: parseUbuntuVexArchive(file, part) } : { mode: "unchanged" };
}

/** @param codename the release: `jammy` */
export async function* parseUbuntuVexArchive(input: FeedInput, codename: string): AsyncGenerator<FeedItem> {
  for await (const member of archiveMembers(input, (path) => /(?:^|\/)vex\/cve\/.*CVE-[\w-]+\.json$/u.test(path))) {
    const item = parseUbuntuVex(member.json(), codename);
    if (item !== null) yield item;
  }
}

export async function* parseUbuntuVexFile(input: FeedInput, codename: string): AsyncGenerator<FeedItem> {
  const item = parseUbuntuVex(await jsonDocument(input), codename);
  if (item !== null) yield item;
}

interface VexStatement {
  vulnerability: { name: string };
  status: string;
  action_statement?: string;
  products: { "@id": string }[];
}

/** The record of one document; null when it says nothing of the release. Document fields may be wrapped in `metadata`. */
function parseUbuntuVex(value: unknown, codename: string): FeedItem | null {
  const statements = (value as { statements?: unknown } | null)?.statements;
  // a document may have no statement yet
  if (statements === undefined || statements === null) return null;
  if (!Array.isArray(statements)) return { bad: "a document", why: "statements is no list" };
  const packages = new Map<string, PocketStatement[]>();
  let cve: string | null = null;
  for (const statement of statements as Partial<VexStatement>[]) {
    const name = statement.vulnerability?.name;
    if (typeof name !== "string" || !Array.isArray(statement.products))
      return { bad: String(name), why: "a statement has no vulnerability or products" };
    cve ??= name;
    const status = statusOf(statement.status ?? "", statement.action_statement ?? "");
    if (status !== null) addProducts(statement.products, codename, status, packages);
  }
  const affected = cve === null ? [] : [...packages].flatMap(([source, told]) => affectedPackage(cve, codename, source, told));
  return affected.length === 0 || cve === null
    ? null
    : ({ name: cve, vulnerabilities: [cve], facts: {}, affected } satisfies FeedRecord);
}

/**
 * `fixed` names the newest version of a package, not the first with the fix, which is in the OSV data: it only tells here that other
 * pockets' "not affected" means a version with the fix.
 */
function statusOf(status: string, action: string): PocketStatement["status"] | null {
  if (status === "not_affected") return "not_affected";
  if (status === "fixed") return "released";
  if (status === "under_investigation") return "triage";
  if (status !== "affected") return null;
  if (/no longer supported/u.test(action)) return "unsupported";
  if (/decided to not fix/u.test(action)) return "ignored";
  return /postponed|deferred|delayed/u.test(action) ? "deferred" : "open";
}

function addProducts(
  products: { "@id"?: unknown }[],
  codename: string,
  status: PocketStatement["status"],
  packages: Map<string, PocketStatement[]>,
): void {
  for (const { "@id": id } of products) {
    // the binary packages stand beside the source package, without their release
    const purl = /^pkg:deb\/ubuntu\/([^@?]+)(?:@[^?]*)?\?arch=source&distro=([\w./-]+)$/u.exec(String(id));
    const pocket = purl === null ? null : ubuntuPocket(purl[2] ?? "");
    if (purl === null || pocket?.codename !== codename) continue;
    const source = decodeURIComponent(purl[1] ?? "");
    const known = packages.get(source) ?? [];
    packages.set(source, known);
    known.push({ status, channel: pocket.channel });
  }
}

function affectedPackage(cve: string, codename: string, source: string, statements: PocketStatement[]): AffectedPackage[] {
  const ranges = joinPockets(statements).map((range) => ({
    vulnerability: cve,
    provider: "ubuntu-vex" as const,
    name_kind: "source" as const,
    scheme: "dpkg" as const,
    ...range,
    url: `https://ubuntu.com/security/${cve}`,
  }));
  return ranges.length === 0 ? [] : [{ ecosystem: `deb:ubuntu:${ubuntuVersion(codename)}`, package: source, ranges }];
}
