import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import { installedBy } from "#domain/inventory/installed-by.ts";
import { PER_PAGE_DEFAULT } from "#domain/core/limits.ts";
import type { hostSoftwareHistory, SoftwareEvent, SoftwareEventKind, softwareTitleHistory } from "#protocol/rest/history.ts";
import type { PageMeta } from "#protocol/rest/paging.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { hostExists } from "../host-software-list-store.ts";
import { namesOf, present } from "../read-software-filter.ts";
import { titleById } from "../title-store.ts";
import type { HistoryDeps } from "./deps.ts";
import { formatEventCursor, parseEventCursor } from "./event-cursor.ts";
import { hostEventList, titleEventList, type EventFilter, type EventPage, type EventRow } from "./event-store.ts";
import { firstReportsOfHost } from "./history-store.ts";
import { readMoment } from "./read-moment.ts";
import { historySince } from "./retention-store.ts";

type TimelineQuery = EndpointInput<typeof hostSoftwareHistory>["query"];
/** What happened; what was there from the first report on is asked for by name. */
const EVENTS_USUAL: SoftwareEventKind[] = ["installed", "updated", "removed", "renamed"];

/**
 * One page of what happened to a host's software, newest first.
 *
 * @throws {HttpError} 404 for an unknown host, 400 for a wrong cursor or time.
 */
export async function listHostHistory(
  deps: HistoryDeps,
  hostId: number,
  query: TimelineQuery,
): Promise<EndpointResult<typeof hostSoftwareHistory>> {
  if (!(await hostExists(deps.db, hostId))) throw notFound("id", `There is no host ${hostId}.`);
  const reports = await firstReportsOfHost(deps.db, hostId);
  const page = await timeline(deps.db, query, (filter, at) => hostEventList(deps.db, hostId, filter, at));
  const first_reports = reports.map(({ source, first_reported_at }) => ({
    source,
    first_reported_at: first_reported_at?.toISOString() ?? null,
  }));
  return { ...page, first_reports };
}

/**
 * One page of what happened to a title on all hosts, newest first.
 *
 * @throws {HttpError} 404 for an unknown title, 400 for a wrong cursor or time.
 */
export async function listTitleHistory(
  deps: HistoryDeps,
  titleId: number,
  query: TimelineQuery,
): Promise<EndpointResult<typeof softwareTitleHistory>> {
  if ((await titleById(deps.db, titleId)) === undefined) throw notFound("id", `There is no software title ${titleId}.`);
  return timeline(deps.db, query, (filter, at) => titleEventList(deps.db, titleId, filter, at));
}

async function timeline(
  db: Database,
  query: TimelineQuery,
  read: (filter: EventFilter, page: EventPage) => Promise<EventRow[]>,
): Promise<{ events: SoftwareEvent[]; history_since: string | null; meta: PageMeta }> {
  const limit = query.per_page ?? PER_PAGE_DEFAULT;
  const after = parseEventCursor(query.after);
  const since = await historySince(db);
  const filter: EventFilter = present({
    events: (namesOf(query.event) as SoftwareEventKind[] | undefined) ?? EVENTS_USUAL,
    sources: namesOf(query.source),
    query: query.query,
    since: query.since === undefined ? undefined : readMoment("since", query.since),
    until: query.until === undefined ? undefined : readMoment("until", query.until),
  });
  const rows = await read(filter, { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    events: shown.map(presentEvent),
    history_since: since?.toISOString() ?? null,
    meta: {
      has_next_results: more,
      has_previous_results: after !== null,
      ...(more ? { next_cursor: formatEventCursor(last) } : {}),
    },
  };
}

function presentEvent(row: EventRow): SoftwareEvent {
  const { next_software_id: nextId } = row;
  return {
    event: row.event,
    time: row.at.toISOString(),
    host: { id: row.host_id, display_name: row.host_name },
    software_title_id: row.title_id,
    source: row.source,
    software: presentSoftware(row.software_id, row.name, row.version, row.release),
    // a successor that was swept with all its history is not known any more
    next:
      nextId === null || row.next_name === null
        ? null
        : presentSoftware(nextId, row.next_name, row.next_version, row.next_release),
    installed_at: row.installed_at.toISOString(),
    installed_by: installedBy(row.installed_by, row.installed_paths),
  };
}

function presentSoftware(id: number, name: string, version: string | null, release: string | null) {
  return { id, name, version: version ?? "", ...(release === null || release === "" ? {} : { release }) };
}
