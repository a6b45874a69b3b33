import { useState } from "react";
import { exactTime, formatDuration, parseTime } from "./format.ts";
import { Quiet } from "../ui/text.tsx";

/** A moment to come: how long until then, the exact one on hover; nothing planned says so. */
export function UntilTime({ time }: { time: string | null }) {
  const [now] = useState(() => Date.now());
  const date = parseTime(time);
  if (date === null) return <Quiet>when it changes</Quiet>;
  const seconds = (date.getTime() - now) / 1000;
  return (
    <time dateTime={date.toISOString()} data-tip={exactTime(date)}>
      {seconds < 60 ? "within a minute" : `in ${formatDuration(seconds)}`}
    </time>
  );
}
