import type { VulnerabilityFeed, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { countOf } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { paths } from "../../../paths.ts";
import { Callout } from "../../../ui/callout.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Cluster, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Quiet } from "../../../ui/text.tsx";
import { keptWords, partName } from "./feed-state.tsx";
import { AcceptShrink, SyncButton } from "./sync-button.tsx";
import { UntilTime } from "../../../parts/until-time.tsx";

/** Failures shown at once; the rest is folded. */
const SHOWN = 5;

interface Failed {
  feed: VulnerabilityFeed;
  part: VulnerabilityFeedPart;
}

/** Parts whose last load failed: what went wrong, what was kept, and when it is tried again. */
export function FailedParts({ feeds }: { feeds: readonly VulnerabilityFeed[] }) {
  const failed = feeds.flatMap((feed) => feed.parts.filter((part) => part.state === "failed").map((part) => ({ feed, part })));
  if (failed.length === 0) return null;
  const rest = failed.slice(SHOWN);
  return (
    <Callout tone="warn" title={`${countOf(failed.length, "load")} failed`}>
      <FailedTable failed={failed.slice(0, SHOWN)} />
      {rest.length > 0 && (
        <Folded summary={countOf(rest.length, "more failure")}>
          <FailedTable failed={rest} />
        </Folded>
      )}
    </Callout>
  );
}

export function FailedTable({ failed }: { failed: readonly Failed[] }) {
  return (
    <SimpleTable
      label="Loads that failed"
      head={["Feed", "What happened", "Next attempt", "Actions"]}
      rows={failed.map(({ feed, part }) => ({
        key: `${feed.name} ${part.part}`,
        cells: [
          <A key="feed" href={paths.feeds({ feed: feed.name })} keepScroll>
            {partName(feed, part)}
          </A>,
          <Stack key="what" gap={1}>
            <span>{part.error ?? "It failed without a word."}</span>
            <Quiet small>
              {keptWords(part)} Failed {countOf(part.failures, "time")} in a row, last <RelativeTime time={part.attempted_at} />.
            </Quiet>
          </Stack>,
          <UntilTime key="next" time={part.next_attempt_at} />,
          <Cluster key="act">
            <SyncButton feed={feed.name} part={part.part} of={partName(feed, part)} />
            {part.error?.includes("--accept-shrink") === true && (
              <AcceptShrink feed={feed.name} part={part.part} of={partName(feed, part)} />
            )}
          </Cluster>,
        ],
      }))}
    />
  );
}
