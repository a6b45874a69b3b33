import * as feeds from "#protocol/rest/vulnerability-feeds.ts";
import { downloadRoute, route, type Route } from "#server/http/route.ts";
import type { FeedsDeps } from "./deps.ts";
import { addImportChunk, createImport, listImports, loadUploadedImport, readImport } from "./import-feeds.ts";
import { listFeeds } from "./list-feeds.ts";
import { syncFeed } from "./sync-feed.ts";
import { writeBundle } from "./write-bundle.ts";

/** The REST endpoints of vulnerability feeds. */
export function feedsRoutes(deps: FeedsDeps): Route[] {
  return [
    route(feeds.listVulnerabilityFeeds, async () => await listFeeds(deps)),
    route(feeds.syncVulnerabilityFeed, async ({ params, body, caller }) => ({
      parts: await syncFeed(deps, params.feed, body, caller),
    })),
    route(feeds.createFeedImport, async ({ body }) => ({ import: await createImport(deps, body) })),
    route(feeds.putFeedImportChunk, async ({ params, body }) => {
      await addImportChunk(deps, { ...params, content: body.content });
      return {};
    }),
    route(feeds.loadFeedImport, async ({ params, caller }) => ({ import: await loadUploadedImport(deps, params.id, caller) })),
    route(feeds.getFeedImport, async ({ params }) => ({ import: await readImport(deps, params.id) })),
    route(feeds.listFeedImports, async () => ({ imports: await listImports(deps) })),
    downloadRoute(feeds.downloadFeedBundle, async () => writeBundle(deps)),
  ];
}
