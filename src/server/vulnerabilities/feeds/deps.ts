import type { Database } from "#server/database/tables.ts";
import type { FeedsConfig } from "./engine/engine-deps.ts";
import type { Feed } from "./feed.ts";

/** What the feeds' use cases need. */
export interface FeedsDeps {
  db: Database;
  now: () => Date;
  feeds: readonly Feed[];
  config: FeedsConfig;
}
