import { sourceLabel } from "#domain/software/sources.ts";
import { MultiChoice } from "../../parts/table/multi-choice.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { TypedFilters } from "../../parts/table/typed-filters.tsx";
import { useGo } from "../../parts/use-go.ts";
import { SOFTWARE_EVENTS } from "../../search.ts";
import { EVENT_LABELS } from "./event-words.ts";
import type { TimelineSearch } from "./timeline-query.ts";

const DAYS = { since: { label: "Since", kind: "day" }, until: { label: "Until", kind: "day" } } as const;
const UNFILTERED = { query: undefined, event: undefined, source: undefined, since: undefined, until: undefined };

export function isFiltered(search: TimelineSearch): boolean {
  return (Object.keys(UNFILTERED) as (keyof typeof UNFILTERED)[]).some((name) => search[name] !== undefined);
}

interface TimelineBarProps {
  about: "device" | "title";
  search: TimelineSearch;
  /** The address of the newest events with something changed. */
  refined: (change: TimelineSearch) => string;
  sources: readonly string[];
}

/** Search and filters of a timeline: what happened, of which source, on which days. */
export function TimelineBar({ about, search, refined, sources }: TimelineBarProps) {
  const go = useGo();
  // what devices held at their first report is on their own timelines alone
  const kinds = about === "device" ? SOFTWARE_EVENTS : SOFTWARE_EVENTS.filter((kind) => kind !== "first_seen");
  return (
    <TableBar
      searchLabel={about === "device" ? "Search name or version" : "Search version or device"}
      query={search.query}
      onQuery={(query) => go(refined({ query }), { replace: true })}
    >
      <MultiChoice
        label="Event"
        any="Any event"
        many="events"
        value={search.event}
        options={kinds.map((kind) => ({ value: kind, label: EVENT_LABELS[kind] }))}
        onChoose={(event) => go(refined({ event }))}
      />
      {sources.length > 0 && (
        <MultiChoice
          label="Source"
          any="Any source"
          many="sources"
          value={search.source}
          options={sources.map((source) => ({ value: source, label: sourceLabel(source) }))}
          onChoose={(source) => go(refined({ source }))}
        />
      )}
      <TypedFilters fields={DAYS} values={search} onChange={(change) => go(refined(change as TimelineSearch))} />
      {isFiltered(search) && <ClearFilters onClear={() => go(refined(UNFILTERED))} />}
    </TableBar>
  );
}
