import { FeedError, type FeedInput, type FeedIo, type FeedItem, type RecordFeed, type SyncResult } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { syncCsafChanges, type CsafCursor } from "../formats/csaf-changes.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { parseRedhatCsaf } from "./parse-vex.ts";
import { redhatReleases } from "./releases.ts";

const BASE = "https://security.access.redhat.com/data/csaf/v2/vex/";
const SHARED_SECONDS = 3600;

/** Red Hat's CSAF VEX: a document for each CVE, with what is fixed, affected, not affected and under investigation. */
export const redhatVex: RecordFeed = {
  name: "redhat-vex",
  kind: "records",
  title: "Red Hat CSAF VEX",
  publisher: "Red Hat",
  homepage: "https://security.access.redhat.com/data/csaf/v2/vex/",
  licence: "CC BY 4.0",
  purpose: "Vulnerabilities of Red Hat Enterprise Linux, of its extended streams and of what is built of it.",
  everySeconds: 3600,
  parts: redhatReleases,
  sync: syncRedhatVex,
  files: [
    { pattern: /(?:^|\/)csaf_vex_[\d-]+\.tar\.zst$/u, part: () => "*", parse: parseVexArchive },
    { pattern: /(?:^|\/)csaf-advisories\/rhsa-[\w-]+\.json(?:\.\w+)?$/u, part: () => "*", order: 1, parse: parseVexFile },
    {
      pattern: /(?:^|\/)(?:redhat[^/]*\/)(?:csaf-vex\/)?(?:\d{4}\/)?cve-\d{4}-\d+(?:-\w+)?\.json(?:\.\w+)?$/u,
      part: () => "*",
      order: 2,
      parse: parseVexFile,
    },
  ],
};

/** @param release `9` */
export async function* parseVexArchive(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  // most documents are not about one release: told without parsing them
  const named = new RegExp(`enterprise_linux:${release}\\b|el${release}\\b|:${release}\\.\\d`, "u");
  for await (const member of archiveMembers(input, (path) => /cve-[\w-]+\.json$/u.test(path))) {
    const text = member.text();
    if (!named.test(text)) continue;
    const item = parseRedhatCsaf(member.json(), release);
    if (item !== null) yield item;
  }
}

export async function* parseVexFile(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  const item = parseRedhatCsaf(await jsonDocument(input), release);
  if (item !== null) yield item;
}

/** The first load is the newest archive; from then on what the lists of changes and deletions say. */
async function syncRedhatVex(part: string, io: FeedIo): Promise<SyncResult> {
  const cursor = io.cursor as CsafCursor | null;
  if (cursor === null) return syncArchive(part, io);
  return syncCsafChanges({ base: BASE, deletions: true, parse: (document) => parseRedhatCsaf(document, part) }, cursor, io);
}

async function syncArchive(part: string, io: FeedIo): Promise<SyncResult> {
  const name = (await io.text(`${BASE}archive_latest.txt`)).trim();
  const day = /^csaf_vex_(\d{4}-\d\d-\d\d)\.tar\.zst$/u.exec(name)?.[1];
  if (day === undefined) throw new FeedError(`${BASE}archive_latest.txt names no archive`);
  io.phase(`the archive of ${day}`);
  const archive = await io.get(`${BASE}${name}`, { always: true, freshSeconds: SHARED_SECONDS });
  const since = `${day}T00:00:00+00:00`;
  return {
    mode: "full",
    items: parseVexArchive(archive, part),
    cursor: () => ({ changed: since, deleted: since }) satisfies CsafCursor,
    dataAsOf: () => since,
  };
}
