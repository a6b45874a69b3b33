import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#client/api.ts";
import { client } from "./client.ts";

const FEEDS_KEY = ["vulnerability_feeds"] as const;

/** The last imports, newest first. */
export const feedImportsQuery = queryOptions({
  queryKey: [...FEEDS_KEY, "imports"],
  queryFn: async ({ signal }) => (await client.call(api.listFeedImports, { signal })).imports,
});

interface SyncRequest {
  feed: string;
  part?: string;
  accept_shrink?: true;
}

/** Asks for a feed, or one part of it, now. */
export function useSyncFeed() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ feed, ...body }: SyncRequest) => client.call(api.syncVulnerabilityFeed, { params: { feed }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: FEEDS_KEY }),
  });
}
