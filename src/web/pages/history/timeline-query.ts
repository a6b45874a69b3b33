import type { HostHistoryQuery } from "../../data/queries.ts";
import type { ListSearch, PastSearch } from "../../search.ts";

/** What the API is asked for a timeline's address. */
export function timelineQuery({ query, event, after }: ListSearch & PastSearch): HostHistoryQuery {
  return {
    ...(query === undefined ? {} : { query }),
    ...(event === undefined ? {} : { event }),
    ...(after === undefined ? {} : { after }),
  };
}
