import type { FeedIo, RecordFeed, SyncResult } from "../feed.ts";
import { addDebianAdvisories, parseDebianAdvisories, type DebianAdvisories } from "./parse-advisories.ts";
import { parseDebianTracker } from "./parse-tracker.ts";
import { debianEcosystem, debianSuites } from "./releases.ts";

const TRACKER = "https://security-tracker.debian.org/tracker/data/json";
const LISTS = ["DSA", "DLA"].map(
  (kind) => `https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/${kind}/list`,
);
/** Suites are loaded one after the other from one file. */
const SHARED_SECONDS = 1800;

/** Debian's security tracker: what each suite's source packages are affected by. */
export const debian: RecordFeed = {
  name: "debian",
  kind: "records",
  title: "Debian security tracker",
  publisher: "Debian",
  homepage: "https://security-tracker.debian.org/",
  licence: "MIT",
  purpose: "Vulnerabilities of Debian's source packages: fixed, open, ignored or unimportant in each suite.",
  everySeconds: 2 * 3600,
  parts: debianSuites,
  sync: syncDebian,
  files: [
    {
      pattern: /(?:^|\/)(?:security-)?tracker[^/]*\.json(?:\.\w+)?$/u,
      part: () => "*",
      order: 1,
      parse: (input, part) => parseDebianTracker(input, part),
    },
    { pattern: /(?:^|\/)D[SL]A(?:-list[^/]*\.txt|\/list)(?:\.\w+)?$/u, part: () => "*", parse: parseDebianAdvisories },
  ],
};

/** The advisories' lists are asked for with the tracker's data only: without them findings merely lack the advisory's name. */
async function syncDebian(part: string, io: FeedIo): Promise<SyncResult> {
  if (debianEcosystem(part) === null) return { mode: "full", items: [] };
  io.phase("the tracker's data");
  const tracker = await io.get(TRACKER, { freshSeconds: SHARED_SECONDS });
  if (!tracker.changed) return { mode: "unchanged" };
  const advisories: DebianAdvisories = new Map();
  for (const url of LISTS) {
    io.phase("the lists of advisories");
    const list = await io.get(url, { always: true, freshSeconds: SHARED_SECONDS }).catch(() => null);
    if (list !== null) await addDebianAdvisories(advisories, list);
  }
  return {
    mode: "full",
    items: parseDebianTracker(tracker, part, advisories),
    dataAsOf: () => tracker.lastModified ?? undefined,
  };
}
