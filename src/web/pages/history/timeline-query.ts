import type { HostHistoryQuery } from "../../data/queries.ts";
import { dayTime } from "../../search.ts";
import type { ListSearch, PastSearch } from "../../search.ts";
import { present } from "../../search-values.ts";

export interface TimelineSearch extends ListSearch, PastSearch {
  /** Comma list; of a device's timeline alone: all versions of a title are of one source. */
  source?: string;
}

/** What the API is asked for a timeline's address. A day means all of it, in UTC. */
export function timelineQuery({ query, event, source, since, until, after }: TimelineSearch): HostHistoryQuery {
  const days = { since: dayTime(since, "since"), until: dayTime(until, "until") };
  return present({ query, event, source, ...days, after });
}
