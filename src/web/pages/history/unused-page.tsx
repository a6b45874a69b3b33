import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { sourceLabel } from "#domain/software/sources.ts";
import type { UnusedSoftware } from "#protocol/rest/history.ts";
import { LIVE, unusedQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { MultiChoice } from "../../parts/table/multi-choice.tsx";
import { TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { UNUSED_DAYS } from "../../search.ts";
import type { UnusedSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Cluster } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";
import { SoftwareTabs } from "../software/software-tabs.tsx";

const route = getRouteApi("/app/software/unused");
const DAYS_USUAL = 90;
/** Sources that some agent tells openings of. */
const SOURCES = ["apps", "programs", "deb_packages", "rpm_packages"];
const HEAD = ["Name", "Not opened", "Of them never", "Unknown", "Devices", "Source"];

/** Software that devices hold and do not open. */
export function UnusedPage() {
  const search = route.useSearch();
  const days = search.days ?? DAYS_USUAL;
  const list = useQuery({ ...unusedQuery({ ...search, days }), refetchInterval: LIVE.list });
  return (
    <>
      <PageHead
        title="Software not opened"
        count={list.data?.count ?? null}
        lead={
          list.data !== undefined && (
            <Quiet>
              Counted <RelativeTime time={list.data.counts_updated_at} never="not yet: the first count follows within minutes" />
            </Quiet>
          )
        }
      >
        <SoftwareTabs at="unused" />
      </PageHead>
      <UnusedBar search={search} days={days} />
      <Answer of={list} what="software that is not opened">
        {({ unused_software, counts_updated_at, meta }) =>
          unused_software.length === 0 ? (
            <NothingUnused counted={counts_updated_at !== null} days={days} />
          ) : (
            <>
              <SimpleTable
                label={`Software not opened for ${days} days`}
                head={HEAD}
                rows={unused_software.map((title) => ({ key: String(title.id), cells: cellsOf(title, days) }))}
              />
              <Cluster end>
                {search.after !== undefined && (
                  <A className={buttonClass("plain")} href={paths.unusedSoftware({ ...search, after: undefined })}>
                    First titles
                  </A>
                )}
                {meta.has_next_results && (
                  <A
                    className={buttonClass("plain")}
                    rel="next"
                    href={paths.unusedSoftware({ ...search, after: meta.next_cursor })}
                  >
                    More titles
                  </A>
                )}
              </Cluster>
            </>
          )
        }
      </Answer>
    </>
  );
}

function UnusedBar({ search, days }: { search: UnusedSearch; days: number }) {
  const go = useGo();
  const refined = (change: UnusedSearch) => paths.unusedSoftware({ ...search, after: undefined, ...change });
  return (
    <TableBar searchLabel="Search name" query={search.query} onQuery={(query) => go(refined({ query }), { replace: true })}>
      <Select
        label="Not opened for"
        value={String(days)}
        options={UNUSED_DAYS.map((n) => ({ value: String(n), label: `Not opened for ${n} days` }))}
        onChoose={(value) => go(refined({ days: UNUSED_DAYS.find((n) => String(n) === value) }))}
      />
      <MultiChoice
        label="Source"
        any="Any source"
        many="sources"
        value={search.source}
        options={SOURCES.map((source) => ({ value: source, label: sourceLabel(source) }))}
        onChoose={(source) => go(refined({ source }))}
      />
    </TableBar>
  );
}

function cellsOf(title: UnusedSoftware, days: number) {
  const filter = { software_title_id: title.id, not_opened_for_days: UNUSED_DAYS.find((n) => n === days) };
  return [
    <A key="name" href={paths.softwareTitle(title.id)}>
      {title.display_name}
    </A>,
    <A
      key="unused"
      href={paths.devices(filter)}
      aria-label={`${countOf(title.unused_hosts_count, "device")} that did not open ${title.name}`}
    >
      {formatCount(title.unused_hosts_count)}
    </A>,
    formatCount(title.never_opened_hosts_count),
    <span key="unknown" data-tip="Devices that do not tell whether they open it; never counted as unused">
      {formatCount(title.unknown_hosts_count)}
    </span>,
    <A
      key="hosts"
      href={paths.devices({ software_title_id: title.id })}
      aria-label={`${countOf(title.hosts_count, "device")} with ${title.name}`}
    >
      {formatCount(title.hosts_count)}
    </A>,
    sourceLabel(title.source),
  ];
}

function NothingUnused({ counted, days }: { counted: boolean; days: number }) {
  if (!counted) {
    return (
      <Nothing title="Not counted yet">
        <p>
          Openings are counted every six hours, for the first time soon after the server starts. This page shows the result then.
        </p>
      </Nothing>
    );
  }
  return (
    <Nothing title={`Nothing is known to be unopened for ${days} days`}>
      <p>
        Only devices that tell when software was opened are counted: applications of macOS, programs of Windows, and packages
        where the agent knows.
      </p>
    </Nothing>
  );
}
