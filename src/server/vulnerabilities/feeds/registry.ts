import { APPLE_FEED } from "./apple/feed.ts";
import { GENERAL_FEEDS } from "./general-feeds.ts";
import type { Feed } from "./feed.ts";
import { LINUX_FEEDS } from "./linux-feeds.ts";
import { MSRC_FEED } from "./msrc/feed.ts";
import { OSV_FEED } from "./osv/feed.ts";

/** Every feed that Muster knows. A file of a directory belongs to the first of them that recognises it. */
export const FEEDS: readonly Feed[] = [OSV_FEED, MSRC_FEED, APPLE_FEED, ...LINUX_FEEDS, ...GENERAL_FEEDS];
