import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { LIVE, titleQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { BarList } from "../../parts/bar-list.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageShape, PageHead } from "../../parts/page.tsx";
import { paths, searchText } from "../../paths.ts";
import type { DevicesSearch } from "../../search.ts";
import { Columns, Facts, Panel, Stack } from "../../ui/layout.tsx";
import { Folded } from "../../ui/folded.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { HoldersPanel } from "./holders-panel.tsx";

const route = getRouteApi("/app/software/titles/$id");
const VERSIONS_SHOWN = 12;

type Title = NonNullable<ReturnType<typeof useTitleData>["data"]>;

function useTitleData(id: number) {
  return useQuery({ ...titleQuery(id), enabled: Number.isSafeInteger(id), refetchInterval: LIVE.list });
}

/** One title: its versions with the number of devices on each, and the devices. */
export function TitlePage() {
  const id = Number(route.useParams().id);
  const search = route.useSearch();
  const title = useTitleData(id);
  if (!Number.isSafeInteger(id) || (title.error instanceof ApiError && title.error.status === 404)) return <NotFoundPage />;
  return (
    <Answer of={title} what="software title" shape={<PageShape />}>
      {(data) => (
        <>
          <PageHead
            title={data.display_name || data.name}
            lead={`${sourceLabel(data.source)}, ${countOf(data.versions_count, "version")} on ${countOf(data.hosts_count, "device")}`}
          />
          <Stack gap={6}>
            <Columns min="large">
              <VersionBars title={data} />
              <TitleFacts title={data} />
            </Columns>
            <TitleHolders id={id} search={search} />
          </Stack>
        </>
      )}
    </Answer>
  );
}

function VersionBars({ title }: { title: Title }) {
  const bars = title.versions.map((v) => ({
    key: String(v.id),
    label: [v.release ? `${v.version}-${v.release}` : v.version || "no version", v.arch].filter(Boolean).join(" · "),
    value: v.hosts_count,
    href: paths.softwareVersion(v.id),
    mono: true,
  }));
  const more = bars.slice(VERSIONS_SHOWN);
  return (
    <Panel title="Versions" note="devices on each">
      <BarList bars={bars.slice(0, VERSIONS_SHOWN)} total={title.hosts_count} unit="device" />
      {more.length > 0 && (
        <Folded summary={countOf(more.length, "more version", "more versions")}>
          <BarList bars={more} total={title.hosts_count} unit="device" />
        </Folded>
      )}
    </Panel>
  );
}

function TitleFacts({ title }: { title: Title }) {
  const identified = title.bundle_identifier
    ? { label: "Bundle identifier", value: title.bundle_identifier }
    : title.upgrade_code
      ? { label: "Upgrade code", value: title.upgrade_code }
      : title.application_id
        ? { label: "Application id", value: title.application_id }
        : { label: "Name", value: title.name };
  return (
    <Panel title="Grouped by" note="what makes these versions one title">
      <Facts
        facts={[
          { ...identified, mono: true },
          { label: "Source", value: sourceLabel(title.source) },
          ...(title.extension_for ? [{ label: "Extension for", value: title.extension_for }] : []),
          {
            label: "Devices",
            value: <A href={paths.devices({ software_title_id: title.id })}>{countOf(title.hosts_count, "device")}</A>,
          },
        ]}
      />
    </Panel>
  );
}

function TitleHolders({ id, search }: { id: number; search: DevicesSearch }) {
  const full = useMemo(() => ({ ...search, software_title_id: id }), [search, id]);
  return (
    <HoldersPanel
      search={full}
      href={({ software_title_id: _id, ...rest }) => `${paths.softwareTitle(id)}${searchText(rest)}`}
      all={paths.devices({ software_title_id: id })}
    />
  );
}
