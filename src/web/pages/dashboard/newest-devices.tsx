import { useQuery } from "@tanstack/react-query";
import { hostsQuery, LIVE } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { EventList } from "../../ui/event-list.tsx";
import { Panel } from "../../ui/layout.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";

/** The devices that enrolled last. */
export function NewestDevices() {
  const newest = useQuery({
    ...hostsQuery({ order_key: "last_enrolled_at", order_direction: "desc", per_page: 8 }),
    refetchInterval: LIVE.dashboard,
  });
  return (
    <Panel
      title="Devices"
      note="latest to enrol"
      action={<A href={paths.devices({ order_key: "last_enrolled_at", order_direction: "desc" })}>All</A>}
    >
      <Answer of={newest} what="latest devices" shape={<SkeletonLines count={5} />}>
        {({ hosts }) => (
          <EventList
            events={hosts.map((host) => ({
              key: host.id,
              text: <A href={paths.device(host.id)}>{host.display_name}</A>,
              time: <RelativeTime time={host.last_enrolled_at} />,
            }))}
          />
        )}
      </Answer>
    </Panel>
  );
}
