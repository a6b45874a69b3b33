import type { Database } from "#server/database/tables.ts";
import type { FeedsConfig } from "./engine/engine-deps.ts";
import type { Feed } from "./feed.ts";

/** Looks whether there is something to load. It runs by itself; enqueued it does so at once. */
export const FEEDS_LOAD = "feeds-load";

/** What the feeds' use cases need. */
export interface FeedsDeps {
  db: Database;
  now: () => Date;
  feeds: readonly Feed[];
  config: FeedsConfig;
}
