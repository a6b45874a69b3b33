import type { VulnerabilityFeed, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { formatBytes, formatCount } from "../../../parts/format.ts";
import { Stack } from "../../../ui/layout.tsx";
import { Meter } from "../../../ui/meter.tsx";
import { State } from "../../../ui/state.tsx";
import { Quiet } from "../../../ui/text.tsx";
import type { FeedSummary } from "./feed-summary.ts";

/** How a feed is, in a word; of several parts how many of them. */
export function FeedState({ of }: { of: FeedSummary }) {
  if (of.state === "failed") return <State tone="bad">{of.wanted > 1 ? `${formatCount(of.failed)} failed` : "Failed"}</State>;
  if (of.state === "loading")
    return <State tone="busy">{of.wanted > 1 ? `${formatCount(of.loading)} loading` : "Loading"}</State>;
  if (of.state === "ok") {
    const rest = of.wanted > of.loaded ? `${formatCount(of.loaded)} of ${formatCount(of.wanted)} loaded` : "Loaded";
    return <State tone="ok">{rest}</State>;
  }
  if (of.state === "missing")
    return (
      <State tone="idle" tip="MUSTER_FEEDS_DIR holds no file of this feed">
        Not in the directory
      </State>
    );
  return <State tone="idle">{of.state === "waiting" ? "Waiting" : "Not needed"}</State>;
}

const PART_STATES: Readonly<Record<VulnerabilityFeedPart["state"], { tone: "ok" | "bad" | "busy" | "idle"; word: string }>> = {
  ok: { tone: "ok", word: "Loaded" },
  failed: { tone: "bad", word: "Failed" },
  loading: { tone: "busy", word: "Loading" },
  waiting: { tone: "idle", word: "Waiting" },
  missing: { tone: "idle", word: "Not in the directory" },
};

export function PartState({ of }: { of: VulnerabilityFeedPart }) {
  const { tone, word } = PART_STATES[of.state];
  return (
    <State tone={tone} tip={of.wanted ? undefined : "Nothing of the fleet needs it any more; it is not updated"}>
      {of.wanted ? word : `${word}, not needed`}
    </State>
  );
}

/** How far a load is: what is done now, a bar where the size is known, and what came so far. */
export function PartProgress({ of }: { of: VulnerabilityFeedPart }) {
  const { progress } = of;
  if (progress === null) return <Quiet small>about to begin</Quiet>;
  const { phase, bytes, bytes_total, records, changed } = progress;
  const total = bytes_total === null ? "" : ` of ${formatBytes(bytes_total)}`;
  const counted = [
    bytes > 0 ? `${formatBytes(bytes)}${total}` : "",
    records > 0 ? `${formatCount(records)} records` : "",
    changed > 0 ? `${formatCount(changed)} changed` : "",
  ].filter((words) => words !== "");
  return (
    <Stack gap={1}>
      <span>{capital(phase)}</span>
      {bytes_total !== null && <Meter value={bytes} max={bytes_total} />}
      <Quiet small>{counted.join(", ")}</Quiet>
    </Stack>
  );
}

/** What of a part that failed is still there. */
export function keptWords(part: VulnerabilityFeedPart): string {
  if (part.succeeded_at === null) return "Nothing was loaded of it yet.";
  return `The ${formatCount(part.records_count)} records of its last good load are kept and used.`;
}

/** The name of a feed's part where a feed has several. */
export function partName(feed: Pick<VulnerabilityFeed, "title" | "parts">, part: VulnerabilityFeedPart): string {
  return feed.parts.length === 1 && part.part === "all" ? feed.title : `${feed.title}, ${part.part}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
