import { recordActivity } from "#server/activity/record-activity.ts";
import { conflict, notFound } from "#server/http/errors.ts";
import type { Caller } from "#server/http/route.ts";
import { enqueueJob } from "#server/jobs/enqueue-job.ts";
import { FEEDS_LOAD, type FeedsDeps } from "./deps.ts";
import { partsRequest } from "./engine/part-store.ts";

/**
 * Has a feed's parts updated within seconds, whatever their cadence and earlier failures.
 *
 * @returns the parts that are updated
 * @throws {HttpError} 404 for a feed or part that there is not, 409 when nothing is fetched on this server
 */
export async function syncFeed(
  { db, feeds, config }: FeedsDeps,
  name: string,
  { part, accept_shrink }: { part?: string; accept_shrink?: boolean },
  caller: Caller | null,
): Promise<string[]> {
  const feed = feeds.find((one) => one.name === name);
  if (feed === undefined) throw notFound("feed", `There is no feed ${name}; GET /vulnerability_feeds lists them.`);
  if (!config.feeds && config.feedsDir === null && feed.builtIn !== true) {
    throw conflict("feed", "MUSTER_FEEDS is off on this server: feeds come by import only (muster feeds import).");
  }
  return await db.transaction().execute(async (tx) => {
    const parts = await partsRequest(tx, { feed: name, part: part ?? null, acceptShrink: accept_shrink === true });
    if (parts.length === 0) {
      const reason =
        part === undefined ? `The fleet needs no part of ${name} at present.` : `The fleet needs no part ${part} of ${name}.`;
      throw notFound("part", reason);
    }
    const details = { feed: name, part: part ?? null, accept_shrink: accept_shrink === true };
    await recordActivity(tx, { type: "synced_vulnerability_feed", actor: caller, details });
    await enqueueJob(tx, FEEDS_LOAD);
    return parts;
  });
}
