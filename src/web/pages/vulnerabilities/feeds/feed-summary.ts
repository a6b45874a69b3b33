import { countOf } from "../../../parts/format.ts";
import type { VulnerabilityFeed, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";

/** What a feed's parts add up to. */
export interface FeedSummary {
  /** The worst of its parts: what fails comes before what loads, what waits after what is well. */
  state: "failed" | "loading" | "ok" | "waiting" | "missing" | "unneeded";
  records: number;
  bytes: number;
  /** Parts with records of a good load, and parts that the fleet needs. */
  loaded: number;
  wanted: number;
  failed: number;
  loading: number;
  /** The oldest good load of the parts that are needed; null: none yet. */
  succeededAt: string | null;
  nextAttemptAt: string | null;
}

/** Adds up a feed's parts. */
export function summaryOf({ parts }: Pick<VulnerabilityFeed, "parts">): FeedSummary {
  const wanted = parts.filter((part) => part.wanted);
  const loaded = parts.filter((part) => part.succeeded_at !== null);
  const failed = parts.filter((part) => part.state === "failed").length;
  const loading = parts.filter((part) => part.state === "loading").length;
  const missing = wanted.filter((part) => part.state === "missing").length;
  const successes = wanted.flatMap((part) => part.succeeded_at ?? []).toSorted();
  const attempts = wanted.flatMap((part) => part.next_attempt_at ?? []).toSorted();
  return {
    state: stateOf({ wanted: wanted.length, loaded: loaded.length, failed, loading, missing }),
    records: sum(parts, (part) => part.records_count),
    bytes: sum(parts, (part) => part.bytes),
    loaded: loaded.length,
    wanted: wanted.length,
    failed,
    loading,
    succeededAt: successes[0] ?? null,
    nextAttemptAt: attempts[0] ?? null,
  };
}

function stateOf(of: { wanted: number; loaded: number; failed: number; loading: number; missing: number }): FeedSummary["state"] {
  if (of.failed > 0) return "failed";
  if (of.loading > 0) return "loading";
  if (of.loaded > 0) return "ok";
  if (of.missing > 0 && of.missing === of.wanted) return "missing";
  return of.wanted > 0 ? "waiting" : "unneeded";
}

/** How much a parser left out of a part: whole records, and statements of records. */
export function leftOutWords({ left_out }: Pick<VulnerabilityFeedPart, "left_out">): string {
  const of = (kind: "record" | "range") =>
    left_out.filter((one) => one.kind === kind).reduce((total, { count }) => total + count, 0);
  const words = [
    of("record") > 0 ? countOf(of("record"), "record") : "",
    of("range") > 0 ? countOf(of("range"), "statement") : "",
  ].filter((text) => text !== "");
  return `${words.join(" and ")} left out`;
}

function sum(parts: readonly VulnerabilityFeedPart[], of: (part: VulnerabilityFeedPart) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}

/** Parts by state, each group in the feed's own order: what needs looking at first. */
export function partsByState(
  parts: readonly VulnerabilityFeedPart[],
): Record<VulnerabilityFeedPart["state"], VulnerabilityFeedPart[]> {
  const of = (state: VulnerabilityFeedPart["state"]) => parts.filter((part) => part.state === state);
  return { failed: of("failed"), loading: of("loading"), ok: of("ok"), waiting: of("waiting"), missing: of("missing") };
}
