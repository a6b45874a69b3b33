import { sql, type RawBuilder, type SqlBool } from "kysely";
import type { SoftwareEventKind } from "#protocol/rest/history.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import type { Database } from "../../database/tables.ts";
import type { EventCursor } from "./event-cursor.ts";

/** Which events of a timeline; what is absent does not restrict. Conditions combine with *and*. */
export interface EventFilter {
  events?: SoftwareEventKind[];
  sources?: string[];
  /** In the software's name or version, before or after; on a title also in the host's name. */
  query?: string;
  since?: Date;
  until?: Date;
}

export interface EventPage {
  limit: number;
  after: EventCursor | null;
}

/** One event with the software it is about, and what took its place. */
export interface EventRow {
  host_id: number;
  host_name: string;
  software_id: number;
  title_id: number;
  event: SoftwareEventKind;
  at: Date;
  micros: string;
  installed_at: Date;
  name: string;
  version: string;
  release: string;
  source: string;
  next_software_id: number | null;
  next_name: string | null;
  next_version: string | null;
  next_release: string | null;
  installed_by: string | null;
  installed_paths: string[] | null;
}

const MICROS = sql`(extract(epoch FROM e.removed_at) * 1000000)::bigint`;
const HOST_NAME = sql`coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id::text)`;

/** One page of a host's events, newest first; one row beyond the page. With `first_seen` asked for, also what its first reports brought. */
export async function hostEventList(db: Database, hostId: number, filter: EventFilter, page: EventPage): Promise<EventRow[]> {
  const rows = filter.events?.includes("first_seen") === true ? withFirstSeen(hostId) : sql`host_software_history`;
  return eventList(db, rows, sql<SqlBool>`e.host_id = ${hostId}`, filter, page);
}

/** One page of a title's events on all hosts, newest first; one row beyond the page. An index gives them in this order. */
export async function titleEventList(db: Database, titleId: number, filter: EventFilter, page: EventPage): Promise<EventRow[]> {
  return eventList(db, sql`host_software_history`, sql<SqlBool>`e.title_id = ${titleId}`, filter, page);
}

/**
 * The rows of the page alone are given names and users. Who installed what took a version's place stands in its link, where that still
 * exists.
 */
async function eventList(db: Database, from: RawBuilder<unknown>, of: RawBuilder<SqlBool>, filter: EventFilter, page: EventPage) {
  const { rows } = await sql<EventRow>`
    SELECT e.host_id, ${HOST_NAME} AS host_name, e.software_id, e.title_id, e.event, e.removed_at AS at, ${MICROS}::text AS micros,
      e.installed_at, s.name, s.version, s.release, s.source, e.next_software_id, n.name AS next_name, n.version AS next_version,
      n.release AS next_release, coalesce(hs.installed_by, CASE WHEN e.next_software_id IS NULL THEN e.installed_by END) AS installed_by,
      hs.installed_paths
    FROM (
      SELECT e.* FROM ${from} e ${joinsOf(filter)}
      WHERE ${of} AND ${sql.join(conditions(filter, page.after), sql` AND `)}
      ORDER BY e.removed_at DESC, e.host_id DESC, e.software_id DESC LIMIT ${page.limit}
    ) e
    JOIN software s ON s.id = e.software_id
    JOIN hosts h ON h.id = e.host_id
    LEFT JOIN software n ON n.id = e.next_software_id
    LEFT JOIN host_software hs
      ON hs.host_id = e.host_id AND hs.software_id = coalesce(e.next_software_id, e.software_id) AND e.event <> 'removed'
    ORDER BY e.removed_at DESC, e.host_id DESC, e.software_id DESC`.execute(db);
  return rows;
}

/** What has to be read to filter; nothing where the filter is of the events alone. */
function joinsOf({ sources, query = "" }: EventFilter): RawBuilder<unknown> {
  if (sources === undefined && query === "") return sql``;
  return sql`
    JOIN software s ON s.id = e.software_id JOIN hosts h ON h.id = e.host_id LEFT JOIN software n ON n.id = e.next_software_id`;
}

function conditions(
  { events, sources, query = "", since, until }: EventFilter,
  after: EventCursor | null,
): RawBuilder<SqlBool>[] {
  return [
    sql<SqlBool>`true`,
    ...(events === undefined ? [] : [sql<SqlBool>`e.event = ANY (${events}::text[])`]),
    ...(sources === undefined ? [] : [sql<SqlBool>`s.source = ANY (${sources}::text[])`]),
    ...(since === undefined ? [] : [sql<SqlBool>`e.removed_at >= ${since}`]),
    // with its whole millisecond: times are shown that exactly
    ...(until === undefined ? [] : [sql<SqlBool>`e.removed_at < ${new Date(until.getTime() + 1)}`]),
    ...(query === "" ? [] : [matches(query)]),
    ...(after === null ? [] : [isAfter(after)]),
  ];
}

function matches(query: string): RawBuilder<SqlBool> {
  const pattern = sql`lower(${containsPattern(query)})`;
  return sql<SqlBool>`(lower(s.name || ' ' || s.version) LIKE ${pattern} OR lower(n.name || ' ' || n.version) LIKE ${pattern}
    OR lower(h.hostname || ' ' || h.computer_name) LIKE ${pattern})`;
}

/** The time alone as well: an index can begin there. */
function isAfter({ micros, host_id, software_id }: EventCursor): RawBuilder<SqlBool> {
  const time = sql`(timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond')`;
  return sql<SqlBool>`e.removed_at <= ${time} AND (e.removed_at, e.host_id, e.software_id) < (${time}, ${host_id}, ${software_id})`;
}

/** A host's history and, as events of their own, the beginnings of links that came with the first report of their source. */
function withFirstSeen(hostId: number): RawBuilder<unknown> {
  return sql`(
    SELECT host_id, software_id, title_id, installed_at, removed_at, event, next_software_id, installed_by
    FROM host_software_history WHERE host_id = ${hostId}
    UNION ALL
    SELECT b.host_id, b.software_id, s.title_id, b.since, b.since, 'first_seen', NULL, b.installed_by
    FROM (
      SELECT host_id, software_id, created_at AS since, 'infinity'::timestamptz AS until, installed_by FROM host_software WHERE host_id = ${hostId}
      UNION ALL
      SELECT host_id, software_id, installed_at, removed_at, installed_by FROM host_software_history
      WHERE host_id = ${hostId} AND installed_at < removed_at
    ) b
    JOIN software s ON s.id = b.software_id
    JOIN host_software_sources f ON f.host_id = b.host_id AND f.source = s.source AND f.first_reported_at = b.since
    WHERE NOT EXISTS (
      SELECT 1 FROM host_software_history r WHERE r.host_id = b.host_id AND r.event = 'renamed' AND r.next_software_id = b.software_id
        AND r.removed_at > b.since AND r.removed_at < b.until)
  )`;
}
