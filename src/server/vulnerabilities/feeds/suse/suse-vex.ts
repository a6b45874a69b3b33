import type { AffectedRange } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedIo, FeedItem, RecordFeed, SyncResult } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { csafDocument, csafFacts, type CsafVulnerability } from "../formats/csaf.ts";
import { syncCsafChanges, type CsafCursor } from "../formats/csaf-changes.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { RangeMerger } from "../formats/range-merger.ts";
import { isDebugPackage, parseRpmPackage } from "../formats/rpm-package.ts";
import { severityOf } from "../formats/severity.ts";
import { suseProduct, suseReleases } from "./products.ts";

const BASE = "https://ftp.suse.com/pub/projects/security/";

/** SUSE's CSAF VEX: a document for each CVE. */
export const suseVex: RecordFeed = {
  name: "suse-vex",
  kind: "records",
  title: "SUSE CSAF VEX",
  publisher: "SUSE",
  homepage: "https://www.suse.com/support/security/csaf/",
  licence: "CC BY 4.0",
  purpose: "Vulnerabilities of SUSE Linux Enterprise and openSUSE: fixed, affected and not affected packages.",
  everySeconds: 3 * 3600,
  parts: suseReleases,
  sync: syncSuseVex,
  files: [
    { pattern: /(?:^|\/)csaf-vex\.tar\.bz2$/u, part: () => "*", parse: parseSuseArchive },
    {
      pattern: /(?:^|\/)suse[^/]*\/(?:csaf-vex\/)?cve-\d{4}-\d+\.json(?:\.\w+)?$/u,
      part: () => "*",
      order: 1,
      parse: parseSuseFile,
    },
  ],
};

/** @param release `sles:15.4` */
export async function* parseSuseArchive(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  for await (const member of archiveMembers(input, (path) => /cve-\d{4}-\d+\.json$/u.test(path))) {
    const item = parseSuseCsaf(member.json(), release);
    if (item !== null) yield item;
  }
}

export async function* parseSuseFile(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  const item = parseSuseCsaf(await jsonDocument(input), release);
  if (item !== null) yield item;
}

/** The record of one document; null when it says nothing of the release. */
function parseSuseCsaf(value: unknown, release: string): FeedItem | null {
  try {
    const document = csafDocument(value);
    const merger = new RangeMerger(`rpm:${release}`);
    const [vulnerability] = document.vulnerabilities;
    if (vulnerability?.cve === undefined) return null;
    addRanges(vulnerability, vulnerability.cve, release, merger);
    const affected = merger.packages();
    if (affected.length === 0) return null;
    return {
      name: document.document.tracking.id,
      vulnerabilities: [vulnerability.cve],
      facts: csafFacts(document, vulnerability, "SUSE"),
      affected,
    };
  } catch (error) {
    return { bad: "a document", why: error instanceof Error ? error.message : String(error) };
  }
}

const STATES: Readonly<Record<string, Pick<AffectedRange, "status" | "fix">>> = {
  known_affected: { status: "affected", fix: "unfixed" },
  first_affected: { status: "affected", fix: "unfixed" },
  last_affected: { status: "affected", fix: "unfixed" },
  known_not_affected: { status: "not_affected", fix: "unknown" },
  under_investigation: { status: "unknown", fix: "unknown" },
};

function addRanges(vulnerability: CsafVulnerability, cve: string, release: string, merger: RangeMerger): void {
  const severity = severityOf(vulnerability.threats?.find(({ category }) => category === "impact")?.details);
  const declined = declinedIds(vulnerability);
  const base = {
    vulnerability: cve,
    provider: "suse-vex",
    name_kind: "binary",
    scheme: "rpm",
    ...(severity !== undefined && { severity }),
    url: `https://www.suse.com/security/cve/${cve}.html`,
  } as const;
  for (const [status, ids] of Object.entries(vulnerability.product_status ?? {})) {
    for (const id of ids) {
      const { product, component } = splitId(id);
      const platform = suseProduct(product);
      if (platform?.release !== release) continue;
      const channel = platform.channel === undefined ? {} : { channel: platform.channel };
      // `recommended` names the first version with the fix
      const rpm = status === "recommended" || status === "fixed" || status === "first_fixed" ? parseRpmPackage(component) : null;
      if (rpm !== null && !isDebugPackage(rpm.name)) {
        merger.add(rpm.name, null, { ...base, status: "affected", fixed: rpm.evr, fix: "fixed", ...channel });
      }
      const state = STATES[status];
      if (state === undefined || isDebugPackage(component)) continue;
      const fix = state.status === "affected" && declined.has(id) ? "will_not_fix" : state.fix;
      // what is said without a version holds for the release, whoever supports it
      merger.add(component, null, { ...base, ...state, fix });
    }
  }
}

/** `SUSE Linux Enterprise Server 15 SP4:curl-7.79.1-150400.5.3.1`: names of products have no colon. */
function splitId(id: string): { product: string; component: string } {
  const colon = id.indexOf(":");
  return { product: id.slice(0, colon), component: id.slice(colon + 1) };
}

function declinedIds({ remediations }: CsafVulnerability): Set<string> {
  return new Set(
    (remediations ?? []).flatMap(({ category, product_ids: ids }) => (category === "no_fix_planned" ? (ids ?? []) : [])),
  );
}

/** The first load is the archive of all; from then on what the list of changes says. */
async function syncSuseVex(part: string, io: FeedIo): Promise<SyncResult> {
  const cursor = io.cursor as CsafCursor | null;
  if (cursor !== null) {
    return syncCsafChanges(
      { base: `${BASE}csaf-vex/`, deletions: false, parse: (document) => parseSuseCsaf(document, part) },
      cursor,
      io,
    );
  }
  io.phase("the archive");
  const archive = await io.get(`${BASE}csaf-vex.tar.bz2`, { always: true, freshSeconds: 3600 });
  // what changed while the archive was made is asked for again
  const made = Date.parse(archive.lastModified ?? "");
  const since = new Date((Number.isNaN(made) ? io.now.getTime() : made) - 86_400_000).toISOString();
  return {
    mode: "full",
    items: parseSuseArchive(archive, part),
    cursor: () => ({ changed: since, deleted: since }) satisfies CsafCursor,
  };
}
