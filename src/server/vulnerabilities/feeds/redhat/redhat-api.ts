import { FeedError, type FeedInput, type FeedIo, type FeedItem, type RecordFeed, type SyncResult } from "../feed.ts";
import { jsonDocument, jsonLines } from "../formats/json-values.ts";
import { parseSecurityDocument } from "./parse-security-data.ts";
import { redhatReleases } from "./releases.ts";

const BASE = "https://access.redhat.com/hydra/rest/securitydata";
const PER_PAGE = 1000;
/** What is older is in Red Hat's CSAF data; asking for each of its documents would take hours. */
const FIRST_DAYS = 30;
const SHARED_SECONDS = 6 * 3600;

/** Red Hat's Security Data API: what was published lately, by source package. */
export const redhatApi: RecordFeed = {
  name: "redhat-api",
  kind: "records",
  title: "Red Hat Security Data API",
  publisher: "Red Hat",
  homepage: "https://docs.redhat.com/en/documentation/red_hat_security_data_api/",
  licence: "CC BY 4.0",
  purpose: "Fix states of Red Hat's source packages for CVEs of the last month, beside the CSAF data.",
  everySeconds: 12 * 3600,
  parts: redhatReleases,
  sync: syncRedhatApi,
  files: [
    { pattern: /(?:^|\/)security-data-api[\w.-]*\.jsonl(?:\.\w+)?$/u, part: () => "*", parse: parseRedhatApiLines },
    {
      pattern: /(?:^|\/)redhat-security-data-api\/CVE-\d{4}-\d+\.json(?:\.\w+)?$/u,
      part: () => "*",
      order: -1,
      parse: parseRedhatApiFile,
    },
  ],
};

/** Documents one a line. @param release `9` */
export async function* parseRedhatApiLines(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  for await (const document of jsonLines(input)) {
    const item = parseSecurityDocument(document, release);
    if (item !== null) yield item;
  }
}

/** One document a file. */
export async function* parseRedhatApiFile(input: FeedInput, release: string): AsyncGenerator<FeedItem> {
  const item = parseSecurityDocument(await jsonDocument(input), release);
  if (item !== null) yield item;
}

interface Cursor {
  /** Day up to which documents were taken. */
  day: string;
}

async function syncRedhatApi(part: string, io: FeedIo): Promise<SyncResult> {
  const cursor = io.cursor as Cursor | null;
  const from = cursor === null ? new Date(io.now.getTime() - FIRST_DAYS * 86_400_000).toISOString().slice(0, 10) : cursor.day;
  const names = await changedSince(from, io);
  if (names.length === 0 && cursor !== null) return { mode: "unchanged" };
  const next: Cursor = { day: new Date(io.now.getTime() - 86_400_000).toISOString().slice(0, 10) };
  return { mode: "delta", items: documents(names, part, io), cursor: () => next };
}

async function changedSince(day: string, io: FeedIo): Promise<string[]> {
  const names: string[] = [];
  for (let page = 1; ; page += 1) {
    const list = await io.json(`${BASE}/cve.json?after=${day}&per_page=${PER_PAGE}&page=${page}`);
    if (!Array.isArray(list)) throw new FeedError(`${BASE}/cve.json is no list`);
    for (const entry of list) {
      const name = (entry as { CVE?: unknown } | null)?.CVE;
      if (typeof name === "string" && /^CVE-\d{4}-\d{4,}$/u.test(name)) names.push(name);
    }
    if (list.length < PER_PAGE) return names;
  }
}

async function* documents(names: string[], part: string, io: FeedIo): AsyncGenerator<FeedItem> {
  for (const [index, name] of names.entries()) {
    io.phase(`document ${index + 1} of ${names.length}`);
    const file = await io
      .get(`${BASE}/cve/${name}.json`, { always: true, freshSeconds: SHARED_SECONDS })
      .catch((error: unknown) => {
        if (error instanceof FeedError && error.status === 404) return null;
        throw error;
      });
    const item = file === null ? null : parseSecurityDocument(await jsonDocument(file), part);
    yield item ?? { gone: name };
  }
}
