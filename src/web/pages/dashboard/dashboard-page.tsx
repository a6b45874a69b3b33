import { useQuery } from "@tanstack/react-query";
import { activitiesQuery, hostSummaryQuery, LIVE, osVersionsQuery, titlesQuery, versionsQuery } from "../../data/queries.ts";
import { ActivityList } from "../../parts/activity-list.tsx";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { LiveIndicator } from "../../parts/live.tsx";
import { PageHead } from "../../parts/page.tsx";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { AddDeviceIcon } from "../../ui/icons.ts";
import { Columns, Panel, Stack } from "../../ui/layout.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { FigureRow } from "../../ui/figures.tsx";
import { BarList } from "../../parts/bar-list.tsx";
import { VulnerabilityTotals, WorstVulnerabilities } from "./dashboard-vulnerabilities.tsx";
import { NewestDevices } from "./newest-devices.tsx";
import { fleetFigures, platformBars } from "./fleet-figures.ts";

const TOP = 8;

export function DashboardPage() {
  const live = { refetchInterval: LIVE.dashboard };
  const summary = useQuery({ ...hostSummaryQuery, ...live });
  return (
    <>
      <PageHead
        title="Dashboard"
        actions={
          <LiveIndicator
            updatedAt={summary.dataUpdatedAt}
            fetching={summary.isFetching}
            failed={summary.isError}
            onRefresh={() => void summary.refetch()}
          />
        }
      />
      <Answer of={summary} what="summary of your devices" shape={<SkeletonLines count={4} tall />}>
        {(data) =>
          data.totals_hosts_count === 0 ? (
            <FirstDevice />
          ) : (
            <Stack gap={8}>
              <Stack gap={4}>
                <Totals data={data} />
                <VulnerabilityTotals />
              </Stack>
              <Columns min="large">
                <Stack gap={8}>
                  <Panel title="Devices by platform">
                    <BarList bars={platformBars(data)} total={data.totals_hosts_count} unit="device" />
                  </Panel>
                  <MostInstalled total={data.totals_hosts_count} />
                  <NewestDevices />
                </Stack>
                <Stack gap={8}>
                  <WorstVulnerabilities />
                  <OperatingSystems total={data.totals_hosts_count} />
                  <LatestActivity />
                </Stack>
              </Columns>
            </Stack>
          )
        }
      </Answer>
    </>
  );
}

function FirstDevice() {
  return (
    <Nothing
      title="No device has enrolled yet"
      action={
        <A href={paths.addDevice()} className={buttonClass("primary")}>
          <Icon of={AddDeviceIcon} />
          Add the first device
        </A>
      }
    >
      <p>As soon as one reports, this page counts your devices and the software they hold.</p>
    </Nothing>
  );
}

function Totals({ data }: { data: Parameters<typeof fleetFigures>[0] }) {
  const live = { refetchInterval: LIVE.dashboard };
  const titles = useQuery({ ...titlesQuery({ per_page: 1 }), ...live }).data?.count;
  const versions = useQuery({ ...versionsQuery({ per_page: 1 }), ...live }).data?.count;
  return <FigureRow figures={fleetFigures(data, titles, versions)} link={(href, children) => <A href={href}>{children}</A>} />;
}

function OperatingSystems({ total }: { total: number }) {
  const systems = useQuery({
    ...osVersionsQuery({ order_key: "hosts_count", order_direction: "desc", per_page: TOP }),
    refetchInterval: LIVE.dashboard,
  });
  return (
    <Panel title="Operating systems" note="most common" action={<A href={paths.operatingSystems()}>All</A>}>
      <Answer of={systems} what="operating systems" shape={<SkeletonLines count={5} />}>
        {({ os_versions }) => (
          <BarList
            bars={os_versions.map((os) => ({
              key: String(os.os_version_id),
              label: os.name,
              value: os.hosts_count,
              href: paths.devices({ os_version_id: os.os_version_id }),
            }))}
            total={total}
            unit="device"
          />
        )}
      </Answer>
    </Panel>
  );
}

function MostInstalled({ total }: { total: number }) {
  const titles = useQuery({
    ...titlesQuery({ order_key: "hosts_count", order_direction: "desc", per_page: TOP }),
    refetchInterval: LIVE.dashboard,
  });
  return (
    <Panel title="Software" note="on the most devices" action={<A href={paths.software()}>All</A>}>
      <Answer of={titles} what="software titles" shape={<SkeletonLines count={5} />}>
        {({ software_titles }) =>
          software_titles.length === 0 ? (
            <p>No device has reported its software yet.</p>
          ) : (
            <BarList
              bars={software_titles.map((t) => ({
                key: String(t.id),
                label: t.display_name || t.name,
                value: t.hosts_count,
                href: paths.softwareTitle(t.id),
              }))}
              total={total}
              unit="device"
            />
          )
        }
      </Answer>
    </Panel>
  );
}

function LatestActivity() {
  const trail = useQuery({
    ...activitiesQuery({ per_page: 8, order_key: "id", order_direction: "desc" }),
    refetchInterval: LIVE.dashboard,
  });
  return (
    <Panel title="Activity" note="latest" action={<A href={paths.activity()}>All</A>}>
      <Answer of={trail} what="latest activity" shape={<SkeletonLines count={5} />}>
        {({ activities }) => <ActivityList activities={activities} />}
      </Answer>
    </Panel>
  );
}
