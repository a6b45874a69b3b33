import { useQuery } from "@tanstack/react-query";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { activitiesQuery } from "../../data/queries.ts";
import { ActivityList } from "../../parts/activity-list.tsx";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { formatCount } from "../../parts/format.ts";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { Panel } from "../../ui/layout.tsx";

const LOOKED_THROUGH = 1000;

/** What the audit trail's newest entries say about the device. The API has no filter by device, so they are looked through here. */
export function DeviceActivityTab({ host }: { host: HostDetail }) {
  const trail = useQuery(activitiesQuery({ per_page: LOOKED_THROUGH, order_key: "id", order_direction: "desc" }));
  return (
    <Panel title="Activity" note={`from the newest ${formatCount(LOOKED_THROUGH)} entries of the audit trail`}>
      <Answer of={trail} what="activity" shape={<SkeletonLines count={4} tall />}>
        {({ activities }) => {
          const own = activities.filter((a) => a.details["host_id"] === host.id);
          return own.length === 0 ? (
            <Nothing title="Nothing recent about this device">
              <p>
                Enrolling, deleting and identifier conflicts are recorded. What came and went in its software is not part of this
                trail.
              </p>
            </Nothing>
          ) : (
            <ActivityList activities={own} />
          );
        }}
      </Answer>
    </Panel>
  );
}
