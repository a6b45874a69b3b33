import type { Activity } from "#protocol/rest/activities.ts";
import { paths } from "../paths.ts";
import { EventList } from "../ui/event-list.tsx";
import { Strong } from "../ui/text.tsx";
import { activitySentence } from "./activity-sentence.ts";
import { A } from "./link.tsx";
import { RelativeTime } from "./relative-time.tsx";

/** Entries of the audit trail, newest first. */
export function ActivityList({ activities }: { activities: readonly Activity[] }) {
  return (
    <EventList
      events={activities.map((activity) => ({
        key: activity.id,
        text: <Sentence activity={activity} />,
        time: <RelativeTime time={activity.created_at} />,
      }))}
    />
  );
}

function Sentence({ activity }: { activity: Activity }) {
  return activitySentence(activity).map((piece) => {
    if (piece.host_id !== undefined)
      return (
        <A key={piece.text} href={paths.device(piece.host_id)}>
          {piece.text}
        </A>
      );
    return piece.strong === true ? <Strong key={piece.text}>{piece.text}</Strong> : piece.text;
  });
}
