import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Host } from "#protocol/rest/hosts.ts";
import { hostsQuery, LIVE } from "../../data/queries.ts";
import { countOf } from "../../parts/format.ts";
import { PlatformIcon, platformLabel } from "../../parts/host.tsx";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Cluster, Panel, Stack } from "../../ui/layout.tsx";
import { State } from "../../ui/state.tsx";
import { Quiet } from "../../ui/text.tsx";

/** Devices that enrol while this page is open. New ones have greater numbers than any that was known before: no clocks needed. */
export function Arrivals() {
  const newest = useQuery({
    ...hostsQuery({ order_key: "id", order_direction: "desc", per_page: 20 }),
    refetchInterval: LIVE.arrival,
    staleTime: 0,
  });
  const [since, setSince] = useState<number | null>(null);
  if (since === null && newest.data !== undefined && !newest.isPlaceholderData && newest.isFetchedAfterMount)
    setSince(newest.data.hosts[0]?.id ?? 0);
  const arrived = since === null ? [] : (newest.data?.hosts ?? []).filter((h) => h.id > since);
  return (
    <Panel title="Arrivals" note="since this page was opened">
      <Stack gap={3}>
        <div aria-live="polite">
          {newest.isError ? (
            <State tone="warn">The server does not answer; still trying</State>
          ) : arrived.length === 0 ? (
            <State tone="busy">Waiting for the first check-in</State>
          ) : (
            <State tone="ok">{`${countOf(arrived.length, "device")} enrolled`}</State>
          )}
        </div>
        {arrived.length === 0 && (
          <Quiet small>You can leave this page; the device enrols all the same and appears under Devices.</Quiet>
        )}
        {arrived.map((host) => (
          <Arrival key={host.id} host={host} />
        ))}
      </Stack>
    </Panel>
  );
}

function Arrival({ host }: { host: Host }) {
  return (
    <Stack gap={1}>
      <Cluster gap={2}>
        <PlatformIcon platform={host.platform} />
        <A href={paths.device(host.id)}>{host.display_name}</A>
      </Cluster>
      <Quiet small>
        {host.os_version || platformLabel(host.platform)}, enrolled <RelativeTime time={host.last_enrolled_at} />
      </Quiet>
      {host.software_count > 0 ? (
        <State tone="ok">{`${countOf(host.software_count, "software row")} reported`}</State>
      ) : (
        <State tone="busy">Waiting for its software</State>
      )}
    </Stack>
  );
}
