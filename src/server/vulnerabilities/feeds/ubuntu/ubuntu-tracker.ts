import type { FeedInput, FeedItem, RecordFeed } from "../feed.ts";
import { jsonLines } from "../formats/json-values.ts";
import { ubuntuReleases } from "./releases.ts";
import { syncUbuntuTracker } from "./tracker-api.ts";
import { trackerRecord, type TrackerCve } from "./tracker-record.ts";

/** Ubuntu's CVE tracker: statuses of source packages by release and pocket; from its API, or from files with a CVE a line. */
export const ubuntuTracker: RecordFeed = {
  name: "ubuntu-tracker",
  kind: "records",
  title: "Ubuntu CVE tracker",
  publisher: "Canonical",
  homepage: "https://ubuntu.com/security/cves",
  licence: "CC BY-SA 4.0",
  purpose: "Statuses of Ubuntu's source packages as its security team has them, beside the OSV and VEX data made of them.",
  everySeconds: 6 * 3600,
  parts: ubuntuReleases,
  sync: syncUbuntuTracker,
  files: [{ pattern: /(?:^|\/)(?:ubuntu-)?cve-tracker[\w.-]*\.jsonl(?:\.\w+)?$/u, part: () => "*", parse: parseUbuntuTracker }],
};

/** @param codename the release: `jammy` */
export async function* parseUbuntuTracker(input: FeedInput, codename: string): AsyncGenerator<FeedItem> {
  for await (const value of jsonLines<Partial<TrackerCve> | null>(input)) {
    if (typeof value?.candidate !== "string" || typeof value.packages !== "object" || value.packages === null) {
      yield { bad: String(value?.candidate), why: "candidate or packages is missing" };
      continue;
    }
    const record = trackerRecord(value as TrackerCve, codename, input.tally);
    if (record !== null) yield record;
  }
}
