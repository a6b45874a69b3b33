import { useMemo, useState } from "react";
import { DateInput } from "../../ui/date-input.tsx";
import { Button } from "../../ui/button.tsx";
import { Callout } from "../../ui/callout.tsx";
import { exactTime, parseTime } from "../../parts/format.ts";
import { endOfDay, today } from "./moment.ts";

/** Which day is asked about: the past at the end of it, or the present. */
export function AsOfPicker({ day, onDay }: { day: string | undefined; onDay: (day: string | undefined) => void }) {
  const [max] = useState(() => today(new Date()));
  return (
    <>
      <DateInput label="As of" value={day} max={max} onChoose={onDay} />
      {day !== undefined && (
        <Button look="quiet" onClick={() => onDay(undefined)}>
          Back to now
        </Button>
      )}
    </>
  );
}

/** The moment that the address asks about, fixed for as long as the day is: a query key must not move with the clock. */
export function useMoment(day: string | undefined): string | undefined {
  const [opened] = useState(() => new Date());
  return useMemo(() => (day === undefined ? undefined : endOfDay(day, opened).toISOString()), [day, opened]);
}

/** Says that a past state is shown, and when it cannot be whole. */
export function PastNote({ moment, historySince }: { moment: string; historySince: string | null | undefined }) {
  const at = parseTime(moment);
  const since = parseTime(historySince);
  const incomplete = at !== null && since !== null && at < since;
  return (
    <Callout tone={incomplete ? "warn" : "ok"} title={at === null ? "The past" : `As it was on ${exactTime(at)}`}>
      {incomplete
        ? `Incomplete: history before ${exactTime(since)} was deleted by retention.`
        : "What a device held at a moment is what it had reported last before it."}
    </Callout>
  );
}
