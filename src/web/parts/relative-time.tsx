import { useEffect, useMemo, useState } from "react";
import { exactTime, parseTime, relativeTime, relativeTimeLasts } from "./format.ts";

/** A time as people say it; the exact one in the reader's zone on hover or focus. `never` stands where there is none. */
export function RelativeTime({ time, never = "never" }: { time: string | null | undefined; never?: string }) {
  const date = useMemo(() => parseTime(time), [time]);
  const now = useNow(date);
  if (date === null) return <span>{never}</span>;
  return (
    <time dateTime={date.toISOString()} data-tip={exactTime(date)}>
      {relativeTime(date, now)}
    </time>
  );
}

/** The present moment, renewed as often as the distance to `date` asks for. */
function useNow(date: Date | null): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (date === null) return undefined;
    const timer = window.setTimeout(() => setNow(new Date()), relativeTimeLasts(date, now));
    return () => window.clearTimeout(timer);
  }, [date, now]);
  return now;
}
