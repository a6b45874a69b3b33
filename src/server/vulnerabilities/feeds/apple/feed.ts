import { type RecordFeed, syncWhole } from "../feed.ts";
import type { FeedInput, FeedItems } from "../feed.ts";
import { parseAppleReleases } from "./parse-releases.ts";
import { parseSofa } from "./parse-sofa.ts";

const SOFA = "https://sofafeed.macadmins.io/v2";
/** Apple's security releases of all products, as SOFA collects them. */
const RELEASES = "https://raw.githubusercontent.com/macadmins/sofa/main/data/resources/apple_security_releases.json";

const URLS: Readonly<Record<string, string>> = {
  macos: `${SOFA}/macos_data_feed.json`,
  safari: `${SOFA}/safari_data_feed.json`,
  releases: RELEASES,
};

/** Apple's security releases. Parts: `macos` and `safari` (SOFA's feeds of them) and `releases` (all products, and older releases). */
export const APPLE_FEED: RecordFeed = {
  name: "apple",
  kind: "records",
  title: "Apple security releases (SOFA)",
  publisher: "MacAdmins Open Source, from Apple's security content pages",
  homepage: "https://sofa.macadmins.io",
  licence: "Apache-2.0",
  purpose: "Which release of macOS, Safari, Xcode and other programs of Apple's fixed which vulnerability.",
  everySeconds: 4 * 3600,
  // iTunes and iCloud for Windows are in the list of all products
  parts: ({ scopes }) => {
    const families = new Set(scopes.map(({ family }) => family));
    return families.has("darwin") ? Object.keys(URLS) : families.has("windows") ? ["releases"] : [];
  },
  sync: syncWhole((part) => [URLS[part] ?? RELEASES], parse),
  files: [
    {
      // both `v2/macos_data_feed.json` and a mirror's `sofa-v2-macos_data_feed.json.gz`; v2 is read after v1 and says more
      pattern: /(?:^|[/-])(macos|safari)_data_feed\.json(?:\.gz|\.zst)?$/,
      part: ([, product = ""]) => product,
      parse,
    },
    { pattern: /(?:^|\/)apple_security_releases\.json(?:\.gz|\.zst)?$/, part: () => "releases", parse },
  ],
};

function parse(input: FeedInput, part: string): FeedItems {
  return part === "releases" ? parseAppleReleases(input) : parseSofa(input, part);
}
