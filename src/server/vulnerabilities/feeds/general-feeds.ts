import { CURATED_FEED } from "./curated/curated-feed.ts";
import { CVE_LIST_FEED } from "./cve-list/cve-list-feed.ts";
import { END_OF_LIFE_FEED } from "./end-of-life/end-of-life-feed.ts";
import { EPSS_FEED } from "./epss/epss-feed.ts";
import type { Feed } from "./feed.ts";
import { KEV_FEED } from "./kev/kev-feed.ts";
import { NVD_OVERRIDES_FEED } from "./nvd-overrides/nvd-overrides-feed.ts";
import { NVD_FEED } from "./nvd/nvd-feed.ts";
import { VULNCHECK_FEED, VULNCHECK_KEV_FEED } from "./vulncheck/vulncheck-feeds.ts";

/** Feeds about all products and all CVEs, whatever system they run on. */
export const GENERAL_FEEDS: readonly Feed[] = [
  CURATED_FEED,
  KEV_FEED,
  EPSS_FEED,
  END_OF_LIFE_FEED,
  CVE_LIST_FEED,
  NVD_FEED,
  NVD_OVERRIDES_FEED,
  VULNCHECK_FEED,
  VULNCHECK_KEV_FEED,
];
