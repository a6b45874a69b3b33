import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { hostHistoryQuery, LIVE } from "../../data/queries.ts";
import { countOf } from "../../parts/format.ts";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import type { DeviceSearch } from "../../search-device.ts";
import { Folded } from "../../ui/folded.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Timeline } from "./timeline.tsx";
import { timelineQuery } from "./timeline-query.ts";

const route = getRouteApi("/app/devices/$id/{-$tab}");

/** What came and went on the device. */
export function DeviceHistoryTab({ host }: { host: HostDetail }) {
  const search = route.useSearch();
  const query = useMemo(() => timelineQuery(search), [search]);
  const list = useQuery({ ...hostHistoryQuery(host.id, query), refetchInterval: LIVE.device });
  return (
    <Timeline
      about="device"
      list={list}
      search={search}
      href={(next: DeviceSearch) => paths.device(host.id, "history", next)}
      sources={(list.data?.first_reports ?? host.sources).map((s) => s.source)}
      note={<FirstReports reports={list.data?.first_reports ?? []} />}
    />
  );
}

/** When each source was first reported: before that, nothing is known of it. */
function FirstReports({ reports }: { reports: { source: string; first_reported_at: string | null }[] }) {
  if (reports.length === 0) return null;
  return (
    <Folded summary={`First report of ${countOf(reports.length, "source")}: what came with it was there before`}>
      <SimpleTable
        label="First report of each source"
        head={["Source", "First reported"]}
        rows={reports.map(({ source, first_reported_at }) => ({
          key: source,
          cells: [sourceLabel(source), <RelativeTime key="time" time={first_reported_at} never="before this was kept" />],
        }))}
      />
    </Folded>
  );
}
