import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listVulnerabilityFeeds, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import type { FeedsDeps } from "./deps.ts";
import { directoryProblems } from "./engine/directory-problem-store.ts";
import type { LeftOutEntry } from "./engine/left-out.ts";
import { missingParts } from "./engine/missing-part-store.ts";
import { partList, type FeedPart } from "./engine/part-store.ts";

type FeedsAnswer = EndpointResult<typeof listVulnerabilityFeeds>;

/** Every feed, with the parts that are needed or were once loaded, and how they are. */
export async function listFeeds({ db, feeds, config }: FeedsDeps): Promise<FeedsAnswer> {
  const problems = config.feedsDir === null ? [] : await directoryProblems(db);
  const isMissing = config.feedsDir === null ? () => false : await missingParts(db);
  const parts = Map.groupBy(await partList(db), (part) => part.feed);
  return {
    feeds: feeds.map(({ name, title, publisher, homepage, licence, purpose, everySeconds }) => ({
      name,
      title,
      publisher,
      homepage,
      licence,
      purpose,
      every_seconds: everySeconds,
      parts: (parts.get(name) ?? [])
        .filter((part) => part.wanted || part.generation > 0)
        .map((part) => present(part, isMissing(part))),
    })),
    source: sourceOf(config),
    directory_problems: problems.map(({ found_at, ...problem }) => ({ ...problem, found_at: found_at.toISOString() })),
  };
}

function sourceOf({ feedsDir, feeds, feedsMirror }: FeedsDeps["config"]): FeedsAnswer["source"] {
  if (feedsDir !== null) return "directory";
  if (!feeds) return "imports";
  return feedsMirror === null ? "publishers" : "mirror";
}

function present(part: FeedPart, isMissing: boolean): VulnerabilityFeedPart {
  const { generation, records_count, bytes, failures, error, bad_records_count, bad_record } = part;
  return {
    part: part.part,
    wanted: part.wanted,
    state: part.state === "waiting" && isMissing ? "missing" : part.state,
    origin: part.origin,
    generation,
    records_count,
    bytes,
    data_as_of: iso(part.data_as_of),
    attempted_at: iso(part.attempted_at),
    succeeded_at: iso(part.succeeded_at),
    changed_at: iso(part.changed_at),
    next_attempt_at: iso(part.next_attempt_at),
    failures: part.state === "loading" ? Math.max(0, failures - 1) : failures,
    error: part.state === "loading" ? null : error,
    bad_records_count,
    bad_record,
    left_out: part.left_out as LeftOutEntry[],
    progress: part.state === "loading" ? (part.progress as VulnerabilityFeedPart["progress"]) : null,
  };
}

function iso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
