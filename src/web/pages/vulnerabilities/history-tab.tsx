import { useQuery } from "@tanstack/react-query";
import { ApiError } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { vulnerabilityHistory } from "#protocol/rest/vulnerabilities.ts";
import { vulnerabilityHistoryQuery } from "../../data/vulnerability-queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { pagingOf } from "../../search.ts";
import type { VulnerabilitySearch } from "../../search-vulnerabilities.ts";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";

type FindingEvent = EndpointResult<typeof vulnerabilityHistory>["events"][number];

const ENDED: Readonly<Record<NonNullable<FindingEvent["reason"]>, string>> = {
  removed: "Gone: no device holds it any more",
  feed: "Ended: the feed says otherwise now",
  identity: "Ended: the software is something else",
};

/** When which software was found to have it, and when that ended. */
export function HistoryTab({ cve, search }: { cve: string; search: VulnerabilitySearch }) {
  const go = useGo();
  const query = { ...pagingOf(search), order_key: "created_at", order_direction: "desc" } as const;
  const history = useQuery(vulnerabilityHistoryQuery(cve, query));
  if (history.error instanceof ApiError && history.error.status === 404) return <NoHistory />;
  return (
    <Answer of={history} what="history">
      {({ events, meta }) =>
        events.length === 0 ? (
          <NoHistory />
        ) : (
          <>
            <SimpleTable
              label={`History of ${cve}`}
              head={["When", "What", "Software"]}
              rows={events.map((event, index) => ({
                key: String(index),
                cells: [
                  <RelativeTime key="when" time={event.at} />,
                  event.reason === null ? "Found" : ENDED[event.reason],
                  <Named key="software" event={event} />,
                ],
              }))}
            />
            <Pager
              search={search}
              rows={events.length}
              total={undefined}
              meta={meta}
              href={(next) => paths.vulnerability(cve, "history", next)}
              onSize={(per_page) => go(paths.vulnerability(cve, "history", { per_page }))}
            />
          </>
        )
      }
    </Answer>
  );
}

function Named({ event }: { event: FindingEvent }) {
  const words = event.name === "" ? "software that is no longer known" : `${event.name} ${event.version}`;
  const source = event.source === "" || event.source === "operating_systems" ? "" : sourceLabel(event.source);
  return (
    <span>
      {event.software_id === null ? words : <A href={paths.softwareVersion(event.software_id)}>{words}</A>}{" "}
      <Quiet small>{source}</Quiet>
    </span>
  );
}

function NoHistory() {
  return (
    <Nothing title="Nothing here ever had it">
      <p>As soon as software of a device is found to have it, this page tells when, and when that ended.</p>
    </Nothing>
  );
}
