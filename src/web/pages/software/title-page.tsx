import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { ApiError } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { LIVE, titleQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { BarList } from "../../parts/bar-list.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageShape, PageHead, TabLinks } from "../../parts/page.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths, searchText, TITLE_TABS } from "../../paths.ts";
import type { TitleTab } from "../../paths.ts";
import type { DevicesSearch, TitleSearch } from "../../search.ts";
import { Button } from "../../ui/button.tsx";
import { Cluster, Columns, Facts, Panel, Stack } from "../../ui/layout.tsx";
import { Folded } from "../../ui/folded.tsx";
import { AsOfPicker, useMoment } from "../history/as-of-picker.tsx";
import { TitleAdoptionTab } from "../history/title-adoption-tab.tsx";
import { TitleHistoryTab } from "../history/title-history-tab.tsx";
import { TitleHoldersThen } from "../history/title-holders-then.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { CorrectTitle } from "./corrections/correct-title.tsx";
import { HoldersPanel } from "./holders-panel.tsx";
import { TitleVulnerabilitiesTab } from "./title-vulnerabilities-tab.tsx";

const route = getRouteApi("/app/software/titles/$id/{-$tab}");
const VERSIONS_SHOWN = 12;
const TAB_LABELS: Record<TitleTab, string> = {
  devices: "Versions and devices",
  vulnerabilities: "Vulnerabilities",
  adoption: "Over time",
  history: "History",
};

type Title = NonNullable<ReturnType<typeof useTitleData>["data"]>;

function useTitleData(id: number) {
  return useQuery({ ...titleQuery(id), enabled: Number.isSafeInteger(id), refetchInterval: LIVE.list });
}

/** One title: its versions with the number of devices on each, and the devices. */
export function TitlePage() {
  const params = route.useParams();
  const id = Number(params.id);
  const tab = TITLE_TABS.find((t) => t === (params.tab ?? "devices"));
  const search = route.useSearch();
  const title = useTitleData(id);
  const [correcting, setCorrecting] = useState(false);
  if (tab === undefined || !Number.isSafeInteger(id) || (title.error instanceof ApiError && title.error.status === 404))
    return <NotFoundPage />;
  return (
    <Answer of={title} what="software title" shape={<PageShape />}>
      {(data) => (
        <>
          <PageHead
            title={data.display_name || data.name}
            lead={`${sourceLabel(data.source)}, ${countOf(data.versions_count, "version")} on ${countOf(data.hosts_count, "device")}`}
            actions={<Button onClick={() => setCorrecting(true)}>Correct…</Button>}
          >
            <TabLinks
              label="Views of this software"
              tabs={TITLE_TABS.map((t) => ({ href: paths.softwareTitle(id, t), label: TAB_LABELS[t], current: t === tab }))}
            />
          </PageHead>
          {tab === "devices" && <TitleDevices title={data} search={search} />}
          {tab === "vulnerabilities" && (
            <TitleVulnerabilitiesTab id={id} name={data.display_name || data.name} source={data.source} />
          )}
          {tab === "adoption" && <TitleAdoptionTab id={id} name={data.display_name || data.name} search={search} />}
          {tab === "history" && <TitleHistoryTab id={id} search={search} />}
          {correcting && <CorrectTitle title={data} onClose={() => setCorrecting(false)} />}
        </>
      )}
    </Answer>
  );
}

/** Versions and devices, now or at the end of a day of the past. */
function TitleDevices({ title, search }: { title: Title; search: TitleSearch }) {
  const go = useGo();
  const moment = useMoment(search.as_of);
  // words and order of the past's devices mean nothing for those of now
  const onDay = (as_of: string | undefined) =>
    go(
      paths.softwareTitle(
        title.id,
        "devices",
        as_of === undefined ? {} : { ...search, as_of, page: undefined, after: undefined },
      ),
    );
  return (
    <Stack gap={6}>
      <Cluster>
        <AsOfPicker day={search.as_of} onDay={onDay} />
      </Cluster>
      {moment === undefined ? (
        <>
          <Columns min="large">
            <VersionBars title={title} />
            <TitleFacts title={title} />
          </Columns>
          <TitleHolders id={title.id} search={search} />
        </>
      ) : (
        <TitleHoldersThen id={title.id} moment={moment} search={search} />
      )}
    </Stack>
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

function TitleHolders({ id, search }: { id: number; search: TitleSearch }) {
  const full = useMemo((): DevicesSearch => {
    const { order_key, ...others } = search;
    return { ...others, ...(order_key === "installed_at" ? {} : { order_key }), software_title_id: id };
  }, [search, id]);
  return (
    <HoldersPanel
      search={full}
      href={({ software_title_id: _id, ...rest }) => `${paths.softwareTitle(id)}${searchText(rest)}`}
      all={paths.devices({ software_title_id: id })}
    />
  );
}
