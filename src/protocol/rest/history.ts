import { Type } from "typebox";
import { PER_PAGE_MAX, QUERY_LENGTH_MAX } from "#domain/core/limits.ts";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();

/** What can happen to software on a host. `first_seen`: it came with the first report of its source, and was there before. */
export const SOFTWARE_EVENT_KINDS = ["installed", "updated", "removed", "renamed", "first_seen"] as const;
export type SoftwareEventKind = (typeof SOFTWARE_EVENT_KINDS)[number];

export const HOLDER_ORDER_KEYS = ["id", "display_name", "platform", "installed_at"] as const;
export const UNUSED_ORDER_KEYS = [
  "unused_hosts_count",
  "never_opened_hosts_count",
  "unknown_hosts_count",
  "hosts_count",
  "name",
  "source",
] as const;

/** `YYYY-MM-DD`, a day in UTC. */
const Day = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });

const kinds = `(${SOFTWARE_EVENT_KINDS.join("|")})`;

const timelineQuery = Type.Object(
  {
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: PER_PAGE_MAX, description: "Rows per page; default 100." })),
    after: Type.Optional(
      Type.String({ maxLength: 64, description: "Cursor: rows after this one; take it from `meta.next_cursor`." }),
    ),
    event: Type.Optional(
      Type.String({
        pattern: `^${kinds}(,${kinds})*$`,
        description: `Only these events; a comma list of ${SOFTWARE_EVENT_KINDS.join(", ")}.`,
      }),
    ),
    source: Type.Optional(Type.String({ maxLength: 255, description: "Only these sources; comma list." })),
    query: Type.Optional(
      Type.String({
        maxLength: QUERY_LENGTH_MAX,
        description: "In name or version, before or after; on a title also in the host's name.",
      }),
    ),
    since: Type.Optional(Time),
    until: Type.Optional(Time),
  },
  { additionalProperties: false },
);

const HistorySince = Type.Union([Time, Type.Null()], {
  description: "Retention deleted history before this moment: what is older is incomplete. Null: nothing was deleted yet.",
});

const SoftwareState = Type.Object({ id: Type.Integer(), name: text, version: text, release: Type.Optional(text) });

export const SoftwareEvent = Type.Object(
  {
    event: oneOf(SOFTWARE_EVENT_KINDS),
    time: Type.String({ format: "date-time", description: "When the report that brought it was recorded." }),
    host: Type.Object({ id: Type.Integer(), display_name: text }),
    software_title_id: Type.Integer(),
    source: text,
    software: SoftwareState,
    next: Type.Union([SoftwareState, Type.Null()], { description: "What took its place, for `updated` and `renamed`." }),
    installed_at: Type.String({ format: "date-time", description: "Since when the host held `software`." }),
    installed_by: Type.String({
      description: "Who installed it: what the device says, else the user in whose home it lies; empty when unknown.",
    }),
  },
  { $id: "SoftwareEvent" },
);
export type SoftwareEvent = Type.Static<typeof SoftwareEvent>;

export const hostSoftwareHistory = endpoint({
  method: "GET",
  path: "/hosts/:id/software/history",
  permission: "host:read",
  tag: "Hosts",
  summary: "List what happened to a host's software",
  description:
    "Installations, updates, removals and renames, newest first, by cursor. What came with the first report of a source was there before and is " +
    "no installation: it is left out unless `event=first_seen` asks for it; `first_reports` tells when each source was first reported.",
  params: IdParams,
  query: timelineQuery,
  response: Type.Object({
    events: Type.Array(SoftwareEvent),
    first_reports: Type.Array(Type.Object({ source: text, first_reported_at: NullableTime })),
    history_since: HistorySince,
    meta: PageMeta,
  }),
});

export const softwareTitleHistory = endpoint({
  method: "GET",
  path: "/software/titles/:id/history",
  permission: "software:read",
  tag: "Software",
  summary: "List what happened to a title on all hosts",
  description:
    "Installations, updates, removals and renames of any version, newest first, by cursor. What hosts held already when they first reported is no " +
    "installation and not in this list (`first_seen` finds nothing here; `/software/titles/:id/adoption` counts it).",
  params: IdParams,
  query: timelineQuery,
  response: Type.Object({ events: Type.Array(SoftwareEvent), history_since: HistorySince, meta: PageMeta }),
});

export const softwareTitleHosts = endpoint({
  method: "GET",
  path: "/software/titles/:id/hosts",
  permission: "software:read",
  tag: "Software",
  summary: "List the holders of a title, now or at a moment of the past",
  description:
    "Hosts that held any version (or the one of `software_version_id`) at `as_of`, with the versions and the number of hosts on each; by id unless " +
    "ordered otherwise, `installed_at` being the first of a host's. `query` searches hostname and computer name, and all counts are of what it finds. " +
    "A host's state at a moment is what it had reported last before it. Hosts that were deleted since are not in it.",
  params: IdParams,
  query: pagingQuery(HOLDER_ORDER_KEYS, {
    as_of: Type.Optional(Time),
    software_version_id: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  response: Type.Object({
    as_of: Time,
    history_since: HistorySince,
    count: Type.Integer({ description: "Hosts that held any of the versions." }),
    versions: Type.Array(
      Type.Object({ id: Type.Integer(), name: text, version: text, release: Type.Optional(text), hosts_count: Type.Integer() }),
    ),
    hosts: Type.Array(
      Type.Object({
        id: Type.Integer(),
        display_name: text,
        platform: text,
        versions: Type.Array(Type.Object({ id: Type.Integer(), version: text, installed_at: Time })),
      }),
    ),
    meta: PageMeta,
  }),
});

export const softwareTitleAdoption = endpoint({
  method: "GET",
  path: "/software/titles/:id/adoption",
  permission: "software:read",
  tag: "Software",
  summary: "Count a title's versions over time",
  description:
    "The number of hosts on each version at the end of each day (UTC), today as of now. Days are counted hourly from the day on which Muster saw the " +
    "version first; the versions with the most hosts stand for themselves, the others are added up. A host with two versions counts on both.",
  params: IdParams,
  query: Type.Object(
    {
      days: Type.Optional(Type.Integer({ minimum: 2, maximum: 1096, description: "Days, today included; default 90." })),
      versions: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 20, description: "Versions that stand for themselves; default 6." }),
      ),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({
    days: Type.Array(Day),
    versions: Type.Array(Type.Object({ version: text, hosts_counts: Type.Array(Type.Integer()) })),
    other: Type.Object({ versions_count: Type.Integer(), hosts_counts: Type.Array(Type.Integer()) }),
    counted_since: Type.Union([Day, Type.Null()], {
      description: "The first day that was counted for this title; before it nothing is known. Null: not counted yet.",
    }),
  }),
});

export const UnusedSoftware = Type.Object(
  {
    id: Type.Integer({ description: "Id of the title." }),
    name: text,
    display_name: text,
    source: text,
    extension_for: text,
    hosts_count: Type.Integer({ description: "Hosts that held it when it was counted." }),
    unused_hosts_count: Type.Integer({ description: "Of them those that did not open it within the days, or never." }),
    never_opened_hosts_count: Type.Integer({ description: "Of the unused those that never opened it, and have it that long." }),
    unknown_hosts_count: Type.Integer({ description: "Hosts that do not tell whether they open it; never counted as unused." }),
  },
  { $id: "UnusedSoftware" },
);
export type UnusedSoftware = Type.Static<typeof UnusedSoftware>;

export const listUnusedSoftware = endpoint({
  method: "GET",
  path: "/software/unused",
  permission: "software:read",
  tag: "Software",
  summary: "List software that is not opened",
  description:
    "Titles with hosts that have not opened any of their versions for `days` days; those with most such hosts first, unless ordered otherwise. Only of " +
    "sources that tell openings " +
    "(applications of macOS, programs of Windows, packages where the agent knows). Counted by a job every six hours: `counts_updated_at` says when. The " +
    "hosts themselves: `GET /hosts?software_title_id=…&not_opened_for_days=…`.",
  query: pagingQuery(UNUSED_ORDER_KEYS, {
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description: "Default 90." })),
    source: Type.Optional(Type.String({ maxLength: 255, description: "Only these sources; comma list." })),
    query: Type.Optional(Type.String({ maxLength: QUERY_LENGTH_MAX, description: "In the name." })),
  }),
  response: Type.Object({
    counts_updated_at: Type.Union([Time, Type.Null()], { description: "When it was counted; null: not yet." }),
    count: Type.Integer(),
    unused_software: Type.Array(UnusedSoftware),
    meta: PageMeta,
  }),
});
