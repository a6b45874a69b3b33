import type { ReactNode } from "react";
import type { VulnerabilityFeed, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { countOf, formatBytes, formatCount, formatDuration } from "../../../parts/format.ts";
import { OutsideLink } from "../../../parts/outside-link.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Cluster, Facts, Panel, Prose, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";
import { FailedTable } from "./failed-parts.tsx";
import { FeedState, PartProgress, PartState } from "./feed-state.tsx";
import { partsByState, summaryOf } from "./feed-summary.ts";
import { LeftOut } from "./left-out.tsx";
import { SyncButton } from "./sync-button.tsx";
import { UntilTime } from "../../../parts/until-time.tsx";

/** Parts of one state shown at once: a feed with a part a month has hundreds. */
const PARTS_SHOWN = 12;

const ORIGINS: Readonly<Record<NonNullable<VulnerabilityFeedPart["origin"]>, string>> = {
  publisher: "publisher",
  directory: "directory",
  import: "import",
};

/** One feed: who publishes it, why it is here, and each of its parts. */
export function FeedSheet({ feed, onClose }: { feed: VulnerabilityFeed; onClose: () => void }) {
  const summary = summaryOf(feed);
  const { failed, loading, ok, waiting, missing } = partsByState(feed.parts);
  return (
    <Dialog title={feed.title} form="sheet" onClose={onClose}>
      <Stack gap={6}>
        <Cluster gap={4}>
          <FeedState of={summary} />
          <SyncButton
            feed={feed.name}
            of={feed.title}
            blocked={feed.parts.length === 0 ? "Nothing of your devices needs it" : undefined}
          />
        </Cluster>
        <Prose>
          <p>{feed.purpose}</p>
          <p>{whyWords(feed)}</p>
        </Prose>
        <FeedFacts feed={feed} />
        {failed.length > 0 && (
          <Panel title="Failed" note={countOf(failed.length, "part")} flush>
            <FailedTable failed={failed.map((part) => ({ feed, part }))} />
          </Panel>
        )}
        {loading.length > 0 && (
          <Panel title="Loading now" note={countOf(loading.length, "part")} flush>
            <SimpleTable
              label="Parts that load"
              head={["Part", "Progress"]}
              rows={loading.map((part) => ({
                key: part.part,
                cells: [<Mono key="part">{part.part}</Mono>, <PartProgress key="progress" of={part} />],
              }))}
            />
          </Panel>
        )}
        <PartsPanel title="Loaded" parts={ok} />
        <NamesPanel title="Waiting" note="never loaded yet" parts={waiting} />
        <NamesPanel title="Not in the directory" note="no file of it below MUSTER_FEEDS_DIR" parts={missing}>
          Put the publisher’s file of it anywhere below that directory, or a bundle of another Muster server: it is read within a
          minute, no restart needed. Until then these records are not known here, and nothing is found by them. A bundle can also
          be imported on this page.
        </NamesPanel>
      </Stack>
    </Dialog>
  );
}

function whyWords({ parts }: VulnerabilityFeed): string {
  const wanted = parts.filter((part) => part.wanted).length;
  if (wanted === 0) return "Nothing of your devices needs it now. It is loaded as soon as something does.";
  if (parts.length === 1) return "It is loaded because your devices hold software or operating systems that it speaks of.";
  return `${countOf(wanted, "part")} of it are needed because your devices hold software or operating systems that they speak of.`;
}

function FeedFacts({ feed }: { feed: VulnerabilityFeed }) {
  const summary = summaryOf(feed);
  return (
    <Panel title="About it">
      <Facts
        facts={[
          { label: "Publisher", value: <OutsideLink href={feed.homepage}>{feed.publisher}</OutsideLink> },
          { label: "Licence", value: feed.licence },
          { label: "Asked", value: `every ${formatDuration(feed.every_seconds)}` },
          { label: "Records", value: formatCount(summary.records) },
          { label: "Size", value: formatBytes(summary.bytes) || "nothing loaded" },
          { label: "Name", value: feed.name, mono: true },
        ]}
      />
    </Panel>
  );
}

function PartsPanel({ title, parts }: { title: string; parts: readonly VulnerabilityFeedPart[] }) {
  if (parts.length === 0) return null;
  const rest = parts.slice(PARTS_SHOWN);
  return (
    <Panel title={title} note={countOf(parts.length, "part")} flush>
      <PartTable parts={parts.slice(0, PARTS_SHOWN)} />
      {rest.length > 0 && (
        <Folded summary={countOf(rest.length, "more part")}>
          <PartTable parts={rest} />
        </Folded>
      )}
    </Panel>
  );
}

function PartTable({ parts }: { parts: readonly VulnerabilityFeedPart[] }) {
  return (
    <SimpleTable
      label="Parts"
      head={["Part", "State", "Records", "Last success", "Next attempt"]}
      rows={parts.map((part) => ({
        key: part.part,
        cells: [
          <Stack key="part" gap={1}>
            <Mono>{part.part}</Mono>
            <Quiet small>{originWords(part)}</Quiet>
          </Stack>,
          <PartState key="state" of={part} />,
          <Stack key="records" gap={1}>
            <span>{formatCount(part.records_count)}</span>
            <LeftOut of={part} />
          </Stack>,
          <RelativeTime key="success" time={part.succeeded_at} never="not yet" />,
          <UntilTime key="next" time={part.next_attempt_at} />,
        ],
      }))}
    />
  );
}

function originWords(part: VulnerabilityFeedPart): string {
  const from = part.origin === null ? "" : `from ${ORIGINS[part.origin]}`;
  const size = formatBytes(part.bytes);
  return [from, size].filter((words) => words !== "").join(", ");
}

/** Parts that are needed and have nothing yet: their names are enough. */
function NamesPanel({
  title,
  note,
  parts,
  children,
}: {
  title: string;
  note: string;
  parts: readonly VulnerabilityFeedPart[];
  children?: ReactNode;
}) {
  if (parts.length === 0) return null;
  const names = parts.map((part) => part.part);
  return (
    <Panel title={title} note={`${countOf(parts.length, "part")}: ${note}`}>
      {children !== undefined && (
        <Prose>
          <p>{children}</p>
        </Prose>
      )}
      <p>
        <Mono>{names.slice(0, PARTS_SHOWN).join(", ")}</Mono>
      </p>
      {names.length > PARTS_SHOWN && (
        <Folded summary={countOf(names.length - PARTS_SHOWN, "more part")}>
          <p>
            <Mono>{names.slice(PARTS_SHOWN).join(", ")}</Mono>
          </p>
        </Folded>
      )}
    </Panel>
  );
}
