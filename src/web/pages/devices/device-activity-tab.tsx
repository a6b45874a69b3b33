import { useQuery } from "@tanstack/react-query";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { hostActivitiesQuery } from "../../data/queries.ts";
import { ActivityList } from "../../parts/activity-list.tsx";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { Panel } from "../../ui/layout.tsx";

/** What the audit trail says about the device. */
export function DeviceActivityTab({ host }: { host: HostDetail }) {
  const trail = useQuery(hostActivitiesQuery(host.id));
  return (
    <Panel title="Activity" note="newest first">
      <Answer of={trail} what="activity" shape={<SkeletonLines count={4} tall />}>
        {({ activities }) =>
          activities.length === 0 ? (
            <Nothing title="Nothing about this device">
              <p>
                Enrolling, deleting and identifier conflicts are recorded. What came and went in its software is in the tab
                “History”.
              </p>
            </Nothing>
          ) : (
            <ActivityList activities={activities} />
          )
        }
      </Answer>
    </Panel>
  );
}
