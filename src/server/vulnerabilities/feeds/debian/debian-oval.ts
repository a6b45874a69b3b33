import type { FeedInput, FeedItems, RecordFeed } from "../feed.ts";
import { syncWhole } from "../feed.ts";
import { ovalRecords } from "../formats/oval/oval-records.ts";
import { debianEcosystem, debianSuites } from "./releases.ts";

/** Debian's OVAL, made of the tracker's data: for installations that mirror OVAL alone. */
export const debianOval: RecordFeed = {
  name: "debian-oval",
  kind: "records",
  title: "Debian OVAL",
  publisher: "Debian",
  homepage: "https://www.debian.org/security/oval/",
  licence: "MIT",
  purpose: "The fixed versions of the security tracker as definitions for scanners; the tracker's own data comes before it.",
  everySeconds: 24 * 3600,
  parts: debianSuites,
  sync: syncWhole((part) => [`https://www.debian.org/security/oval/oval-definitions-${part}.xml.bz2`], parseDebianOval),
  files: [
    {
      pattern: /(?:^|\/)oval-definitions-([a-z]+)\.xml(?:\.(?:bz2|gz))?$/u,
      part: (match) => (debianEcosystem(match[1] ?? "") === null ? null : (match[1] ?? null)),
      parse: parseDebianOval,
    },
  ],
};

/** @param part the suite: `bullseye` */
export function parseDebianOval(input: FeedInput, part: string): FeedItems {
  return ovalRecords(input, {
    ecosystem: debianEcosystem(part) ?? "",
    provider: "debian-oval",
    scheme: "dpkg",
    // its package names are those of source packages
    name_kind: "source",
    wanted: (definition) => definition.class === "vulnerability",
    release: () => true,
    cvssSource: "Debian",
    refine: (range, { definition }) => {
      const [first] = definition.references;
      return first?.url === undefined
        ? range
        : { ...range, url: `https://security-tracker.debian.org/tracker/${range.vulnerability}` };
    },
  });
}
