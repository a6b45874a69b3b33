import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listVulnerabilityFeeds, VulnerabilityFeed } from "#protocol/rest/vulnerability-feeds.ts";
import { LIVE } from "../../../data/queries.ts";
import { feedsQuery } from "../../../data/vulnerability-queries.ts";
import { Answer } from "../../../parts/answers.tsx";
import { countOf, formatBytes, formatCount } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { PageHead } from "../../../parts/page.tsx";
import { RelativeTime } from "../../../parts/relative-time.tsx";
import { useGo } from "../../../parts/use-go.ts";
import { paths } from "../../../paths.ts";
import { Button, buttonClass } from "../../../ui/button.tsx";
import { Callout } from "../../../ui/callout.tsx";
import { Folded } from "../../../ui/folded.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { DownloadIcon } from "../../../ui/icons.ts";
import { Panel, Stack } from "../../../ui/layout.tsx";
import { SimpleTable } from "../../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../../ui/text.tsx";
import { VulnerabilityTabs } from "../vulnerability-tabs.tsx";
import { FeedImports } from "./feed-imports.tsx";
import { FeedSheet } from "./feed-sheet.tsx";
import { FeedState, PartProgress, partName } from "./feed-state.tsx";
import { summaryOf } from "./feed-summary.ts";
import { FailedParts } from "./failed-parts.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { UntilTime } from "../../../parts/until-time.tsx";

const route = getRouteApi("/app/vulnerabilities/feeds");
/** Loads shown one by one; the others are counted. */
const LOADING_SHOWN = 8;

type FeedsAnswer = EndpointResult<typeof listVulnerabilityFeeds>;

const SOURCE_WORDS: Readonly<Record<FeedsAnswer["source"], string>> = {
  publishers: "Fetched from their publishers.",
  mirror: "Fetched from a mirror of the publishers (MUSTER_FEEDS_MIRROR).",
  directory: "Read from a directory of this server (MUSTER_FEEDS_DIR).",
  imports: "Nothing is fetched (MUSTER_FEEDS=off): data comes by import only.",
};

/** Where vulnerability data comes from: what is loaded and why, how old it is, and what failed. */
export function FeedsPage() {
  const search = route.useSearch();
  const go = useGo();
  const [importing, setImporting] = useState(false);
  const answer = useQuery({
    ...feedsQuery,
    refetchInterval: ({ state }) => (isLoading(state.data) ? LIVE.progress : LIVE.device),
  });
  const opened = answer.data?.feeds.find((feed) => feed.name === search.feed);
  return (
    <>
      <PageHead
        title="Feeds"
        lead={
          answer.data !== undefined && <Quiet>{SOURCE_WORDS[answer.data.source]} Only what your devices need is loaded.</Quiet>
        }
        actions={
          <>
            <a href={addressOf(api.downloadFeedBundle, {})} className={buttonClass("plain")} download>
              <Icon of={DownloadIcon} />
              Bundle
            </a>
            <Button onClick={() => setImporting(true)}>Import…</Button>
          </>
        }
      >
        <VulnerabilityTabs at="feeds" />
      </PageHead>
      <Answer of={answer} what="list of feeds">
        {({ feeds, directory_problems }) => (
          <Stack gap={6}>
            <DirectoryProblems problems={directory_problems} />
            <FailedParts feeds={feeds} />
            <LoadingParts feeds={feeds} />
            <FeedTables feeds={feeds} />
            <FeedImports />
          </Stack>
        )}
      </Answer>
      {opened !== undefined && <FeedSheet feed={opened} onClose={() => go(paths.feeds(), { replace: true })} />}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  );
}

/** Files and folders of the configured directory that cannot be read, and what to do about each. */
function DirectoryProblems({ problems }: { problems: FeedsAnswer["directory_problems"] }) {
  if (problems.length === 0) return null;
  return (
    <Callout
      tone="warn"
      title={`${countOf(problems.length, "file or folder", "files or folders")} of MUSTER_FEEDS_DIR cannot be read`}
    >
      <SimpleTable
        label="Files and folders that cannot be read"
        head={["Path", "What is wrong", "Since"]}
        rows={problems.map(({ path, error, found_at }) => ({
          key: path,
          cells: [<Mono key="path">{path}</Mono>, error, <RelativeTime key="since" time={found_at} />],
        }))}
      />
    </Callout>
  );
}

function isLoading(data: FeedsAnswer | undefined): boolean {
  return data?.feeds.some((feed) => feed.parts.some((part) => part.state === "loading")) ?? false;
}

function LoadingParts({ feeds }: { feeds: readonly VulnerabilityFeed[] }) {
  const loading = feeds.flatMap((feed) => feed.parts.filter((part) => part.state === "loading").map((part) => ({ feed, part })));
  if (loading.length === 0) return null;
  const more = loading.length - LOADING_SHOWN;
  return (
    <Panel title="Loading now" note={countOf(loading.length, "part")} flush>
      <SimpleTable
        label="Loading now"
        head={["Feed", "Progress"]}
        rows={loading.slice(0, LOADING_SHOWN).map(({ feed, part }) => ({
          key: `${feed.name} ${part.part}`,
          cells: [
            <A key="feed" href={paths.feeds({ feed: feed.name })} keepScroll>
              {partName(feed, part)}
            </A>,
            <PartProgress key="progress" of={part} />,
          ],
        }))}
      />
      {more > 0 && <Quiet small>and {countOf(more, "more part")}</Quiet>}
    </Panel>
  );
}

/** Feeds that something here needs, and, folded, those that nothing needs. */
function FeedTables({ feeds }: { feeds: readonly VulnerabilityFeed[] }) {
  const rows = feeds.map((feed) => ({ feed, summary: summaryOf(feed) }));
  const used = rows.filter(({ summary }) => summary.state !== "unneeded");
  const others = rows.filter(({ summary }) => summary.state === "unneeded");
  return (
    <>
      <Panel title="Feeds" note="what your devices need" flush>
        {used.length === 0 ? (
          <Quiet>Nothing is needed yet: feeds are loaded once devices have reported software that they speak of.</Quiet>
        ) : (
          <FeedTable label="Feeds that are used" rows={used} />
        )}
      </Panel>
      {others.length > 0 && (
        <Folded summary={`${countOf(others.length, "more feed")} that nothing here needs`}>
          <SimpleTable
            label="Feeds that nothing here needs"
            head={["Feed", "Publisher", "What it tells"]}
            rows={others.map(({ feed }) => ({
              key: feed.name,
              cells: [
                <A key="feed" href={paths.feeds({ feed: feed.name })} keepScroll>
                  {feed.title}
                </A>,
                feed.publisher,
                feed.purpose,
              ],
            }))}
          />
        </Folded>
      )}
    </>
  );
}

type Row = { feed: VulnerabilityFeed; summary: ReturnType<typeof summaryOf> };

function FeedTable({ label, rows }: { label: string; rows: readonly Row[] }) {
  return (
    <SimpleTable
      label={label}
      head={["Feed", "State", "Records", "Last success", "Next attempt", "Parts", "Size"]}
      rows={rows.map(({ feed, summary }) => ({
        key: feed.name,
        cells: [
          <Stack key="feed" gap={1}>
            <A href={paths.feeds({ feed: feed.name })} keepScroll>
              {feed.title}
            </A>
            <Quiet small>{feed.publisher}</Quiet>
          </Stack>,
          <FeedState key="state" of={summary} />,
          formatCount(summary.records),
          <RelativeTime key="success" time={summary.succeededAt} never="not yet" />,
          summary.state === "missing" ? (
            <Quiet key="next">when its file is there</Quiet>
          ) : (
            <UntilTime key="next" time={summary.nextAttemptAt} />
          ),
          formatCount(feed.parts.length),
          formatBytes(summary.bytes),
        ],
      }))}
    />
  );
}
