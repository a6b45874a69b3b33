import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { ApiError } from "#client/client.ts";
import { useDeleteHosts, useRefetchHosts } from "../../data/mutations.ts";
import { hostQuery, LIVE } from "../../data/queries.ts";
import { Answer, explain } from "../../parts/answers.tsx";
import { Confirm } from "../../parts/confirm.tsx";
import { HostState, PlatformIcon, platformLabel } from "../../parts/host.tsx";
import { notify } from "../../parts/notices.tsx";
import { PageShape, PageHead, TabLinks } from "../../parts/page.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { AskCve } from "../../parts/vulnerability/ask-cve.tsx";
import { useGo } from "../../parts/use-go.ts";
import { DEVICE_TABS, paths } from "../../paths.ts";
import type { DeviceTab } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { RefreshIcon, TrashIcon } from "../../ui/icons.ts";
import { Beside, Cluster, Prose, Stack } from "../../ui/layout.tsx";
import { State } from "../../ui/state.tsx";
import { Quiet } from "../../ui/text.tsx";
import { DeviceHistoryTab } from "../history/device-history-tab.tsx";
import { LabelChips } from "../labels/label-chips.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { DeviceActivityTab } from "./device-activity-tab.tsx";
import { DeviceDetailsTab } from "./device-details-tab.tsx";
import { DeviceSoftwareTab } from "./device-software-tab.tsx";
import { DeviceSourcesTab } from "./device-sources-tab.tsx";
import { DeviceVulnerabilitiesTab } from "./device-vulnerabilities-tab.tsx";

const route = getRouteApi("/app/devices/$id/{-$tab}");
const TAB_LABELS: Record<DeviceTab, string> = {
  software: "Software",
  vulnerabilities: "Vulnerabilities",
  details: "Details",
  sources: "Agents and sources",
  history: "History",
  activity: "Activity",
};

export function DevicePage() {
  const params = route.useParams();
  const id = Number(params.id);
  const tab = DEVICE_TABS.find((t) => t === (params.tab ?? "software"));
  const host = useQuery({
    ...hostQuery(id),
    enabled: Number.isSafeInteger(id),
    refetchInterval: ({ state }) => (state.data?.refetch_requested === true ? LIVE.progress : LIVE.device),
  });
  const gone = host.error instanceof ApiError && (host.error.status === 404 || host.error.status === 400);
  if (tab === undefined || !Number.isSafeInteger(id) || (gone && host.data === undefined)) return <NotFoundPage />;
  return (
    <Answer of={host} what="device" shape={<PageShape />}>
      {(data) => (
        <>
          <DeviceHead host={data} tab={tab} />
          {tab === "software" && <DeviceSoftwareTab host={data} />}
          {tab === "vulnerabilities" && <DeviceVulnerabilitiesTab host={data} />}
          {tab === "details" && <DeviceDetailsTab host={data} />}
          {tab === "sources" && <DeviceSourcesTab host={data} />}
          {tab === "history" && <DeviceHistoryTab host={data} />}
          {tab === "activity" && <DeviceActivityTab host={data} />}
        </>
      )}
    </Answer>
  );
}

function DeviceHead({ host, tab }: { host: HostDetail; tab: DeviceTab }) {
  const failures = host.sources.filter((s) => s.error !== null).length;
  return (
    <PageHead
      title={host.display_name}
      actions={
        <>
          {tab === "vulnerabilities" && <AskCve name={host.display_name} of={{ host_id: host.id }} />}
          <DeviceActions host={host} />
        </>
      }
      lead={
        <Stack gap={1}>
          <Cluster gap={4}>
            <HostState status={host.status} />
            <Beside icon={<PlatformIcon platform={host.platform} />}>{host.os_version || platformLabel(host.platform)}</Beside>
            <Quiet>
              Seen <RelativeTime time={host.seen_time} />
            </Quiet>
            <Quiet>
              Reported in full <RelativeTime time={host.detail_updated_at} never="not yet" />
            </Quiet>
            {failures > 0 && <State tone="warn">{failures === 1 ? "1 source failed" : `${failures} sources failed`}</State>}
          </Cluster>
          <LabelChips labels={host.labels} />
        </Stack>
      }
    >
      <TabLinks
        label="Views of this device"
        tabs={DEVICE_TABS.map((t) => ({
          href: paths.device(host.id, t),
          label: TAB_LABELS[t],
          current: t === tab,
          count: tabCount(host, t),
        }))}
      />
    </PageHead>
  );
}

function tabCount(host: HostDetail, tab: DeviceTab): number | undefined {
  if (tab === "vulnerabilities") return host.issues?.vulnerabilities_count;
  return tab === "software" ? host.software_count : undefined;
}

function DeviceActions({ host }: { host: HostDetail }) {
  const [deleting, setDeleting] = useState(false);
  const refetch = useRefetchHosts();
  useArrivalNotice(host);
  const ask = () =>
    refetch.mutate([host.id], { onError: (error) => notify({ tone: "bad", word: "Not asked", text: explain(error) }) });
  const waiting = host.refetch_requested;
  return (
    <>
      {waiting && (
        <State tone="busy" tip="An online device answers within seconds (Muster's agent) or at its next poll (osquery).">
          {host.status === "online"
            ? "Waiting for the device's report"
            : "Asked; the device is offline and answers when it is back"}
        </State>
      )}
      <Button
        icon={RefreshIcon}
        busy={refetch.isPending}
        blocked={waiting ? "A full report is asked for already" : undefined}
        onClick={ask}
        {...(waiting ? {} : { "data-tip": "Ask the device for a full report now" })}
      >
        Refetch
      </Button>
      <Button icon={TrashIcon} onClick={() => setDeleting(true)}>
        Delete
      </Button>
      {deleting && <DeleteDevice host={host} onClose={() => setDeleting(false)} />}
    </>
  );
}

/** When a refetch that was waited for has been answered: says so, and fetches what it brought. */
function useArrivalNotice(host: HostDetail): void {
  const queries = useQueryClient();
  const waited = useRef(host.refetch_requested);
  useEffect(() => {
    const arrived = waited.current && !host.refetch_requested;
    waited.current = host.refetch_requested;
    if (!arrived) return;
    void queries.invalidateQueries({ queryKey: ["host", host.id] });
    notify({ tone: "ok", word: "Reported", text: `${host.display_name} sent a full report.` });
  }, [host, queries]);
}

function DeleteDevice({ host, onClose }: { host: HostDetail; onClose: () => void }) {
  const remove = useDeleteHosts();
  const go = useGo();
  const destroy = () =>
    remove.mutate([host.id], {
      onSuccess: () => {
        notify({ tone: "ok", word: "Deleted", text: `${host.display_name} forgotten.` });
        go(paths.devices());
      },
    });
  return (
    <Confirm
      title={`Delete ${host.display_name}`}
      action={`Delete ${host.display_name}`}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={destroy}
      onClose={onClose}
    >
      <Prose>
        <p>
          Muster forgets this device, its software and its keys. Nothing changes on the device itself; an agent that still runs
          there must enrol again, and then starts a new record.
        </p>
      </Prose>
    </Confirm>
  );
}
