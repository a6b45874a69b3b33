import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareEvent } from "#protocol/rest/history.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, exactTime, parseTime } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Cluster } from "../../ui/layout.tsx";
import { Mono, Quiet, Strong } from "../../ui/text.tsx";
import { byReport, changeWords, nameWords } from "./event-words.ts";
import { EventMark } from "./event-mark.tsx";
import { isFiltered, TimelineBar } from "./timeline-bar.tsx";
import type { TimelineSearch } from "./timeline-query.ts";
import styles from "./timeline.module.css";

interface TimelineAnswer {
  events: SoftwareEvent[];
  history_since: string | null;
  meta: { has_next_results: boolean; has_previous_results: boolean; next_cursor?: string | undefined };
}

interface TimelineProps<S extends TimelineSearch> {
  /** What the timeline is about: a device leaves the device's name out, a title its own. */
  about: "device" | "title";
  list: Pick<UseQueryResult<TimelineAnswer>, "data" | "error" | "isFetching" | "refetch">;
  search: S;
  href: (search: S) => string;
  /** What can be chosen of; without it there is no choice of sources. */
  sources?: readonly string[];
  /** Below the bar, for example when each source was first reported. */
  note?: ReactNode;
}

/** What happened to software, newest first, report by report; older events by cursor. */
export function Timeline<S extends TimelineSearch>({ about, list, search, href, sources = [], note }: TimelineProps<S>) {
  const refined = (change: TimelineSearch): string => href({ ...search, after: undefined, ...change });
  return (
    <>
      <TimelineBar about={about} search={search} refined={refined} sources={sources} />
      {note}
      <Answer of={list} what="history">
        {({ events, history_since, meta }) => (
          <>
            {events.length === 0 ? (
              <NoEvents filtered={isFiltered(search)} about={about} />
            ) : (
              <ol className={styles.reports} aria-label="What happened, newest first">
                {byReport(events).map((report) => (
                  <Report key={`${report[0]?.host.id} ${report[0]?.time}`} events={report} about={about} />
                ))}
              </ol>
            )}
            <Cluster end>
              {meta.has_previous_results && (
                <A className={buttonClass("plain")} href={refined({})}>
                  Newest
                </A>
              )}
              {meta.has_next_results && (
                <A className={buttonClass("plain")} rel="next" href={href({ ...search, after: meta.next_cursor })}>
                  Older
                </A>
              )}
            </Cluster>
            {!meta.has_next_results && <HistoryEnd since={history_since} />}
          </>
        )}
      </Answer>
    </>
  );
}

/** All that one report of a device changed. */
function Report({ events, about }: { events: SoftwareEvent[]; about: "device" | "title" }) {
  const [first] = events;
  if (first === undefined) return null;
  return (
    <li className={styles.report}>
      <div className={styles.when}>
        <RelativeTime time={first.time} />
        {about === "title" ? (
          <A href={paths.device(first.host.id, "history")}>{first.host.display_name}</A>
        ) : (
          events.length > 1 && <Quiet small>{countOf(events.length, "change")}</Quiet>
        )}
      </div>
      <ul className={styles.events}>
        {events.map((event) => (
          <li key={`${event.event} ${event.software.id}`} className={styles.event}>
            <EventMark event={event.event} />
            <span className={styles.what}>
              {about === "device" && (
                <A href={paths.softwareTitle(event.software_title_id, "history")}>
                  <Strong>{nameWords(event)}</Strong>
                </A>
              )}
              <Change event={event} />
              {about === "device" && <Quiet small>{sourceLabel(event.source)}</Quiet>}
              {event.installed_by !== "" && <Quiet small>by {event.installed_by}</Quiet>}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

/** A word, not an arrow: not every font has one, and it is read aloud. */
function Change({ event }: { event: SoftwareEvent }) {
  const { from, to } = changeWords(event);
  if (to === null) return <Mono>{from}</Mono>;
  return (
    <span>
      <Mono>{from}</Mono> <Quiet>to</Quiet> <Mono>{to}</Mono>
    </span>
  );
}

function NoEvents({ filtered, about }: { filtered: boolean; about: "device" | "title" }) {
  if (filtered) {
    return (
      <Nothing title="No event matches">
        <p>Search for fewer letters, or take the filters off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing title="Nothing has changed yet">
      <p>
        {about === "device"
          ? "What the device held at its first report was there before, and is not listed as installed. Every change after it appears here."
          : "Devices held it already when they first reported. Every installation, update and removal after that appears here."}
      </p>
    </Nothing>
  );
}

function HistoryEnd({ since }: { since: string | null }) {
  const time = parseTime(since);
  if (time === null) return null;
  return <Quiet small>Events before {exactTime(time)} were deleted by retention.</Quiet>;
}
