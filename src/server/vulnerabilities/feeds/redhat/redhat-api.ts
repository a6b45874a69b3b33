import type { FeedInput, FeedItem, RecordFeed } from "../feed.ts";
import { jsonDocument, jsonLines } from "../formats/json-values.ts";
import { parseSecurityDocument } from "./parse-security-data.ts";
import { syncRedhatApi } from "./redhat-api-sync.ts";
import { redhatReleases } from "./releases.ts";

/** Red Hat's Security Data API: a document for each CVE, by source package. */
export const redhatApi: RecordFeed = {
  name: "redhat-api",
  kind: "records",
  title: "Red Hat Security Data API",
  publisher: "Red Hat",
  homepage: "https://docs.redhat.com/en/documentation/red_hat_security_data_api/",
  licence: "CC BY 4.0",
  purpose: "Fix states of Red Hat's source packages for each CVE, beside the CSAF data.",
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
