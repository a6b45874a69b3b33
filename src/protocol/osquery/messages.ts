import { Type } from "typebox";

/**
 * osquery's TLS remote API: JSON over HTTPS, every call a `POST` (reference osquery-remote.md §1–§6). The shapes are those of
 * agents from 3.x to today and of ChromeOS's fleetd extension, so they are lenient: fields nobody needs are not described, and
 * unknown ones are allowed. A key that is missing entirely means an agent without a key, which is answered like an unknown one.
 */
export const OSQUERY_PREFIXES = ["/api/osquery", "/api/v1/osquery"] as const;

const text = (maxLength: number) => Type.String({ maxLength });

/** First row of a table. Documented as text; ChromeOS's agent sends numbers too. */
const Row = Type.Record(Type.String(), Type.Unknown());

export const OsqueryEnrollRequest = Type.Object({
  enroll_secret: Type.Optional(text(1024)),
  host_identifier: text(255),
  platform_type: Type.Optional(Type.Unknown()),
  /** Any of the tables may be absent; the whole is absent in old agents. */
  host_details: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({
        os_version: Type.Optional(Row),
        osquery_info: Type.Optional(Row),
        system_info: Type.Optional(Row),
        platform_info: Type.Optional(Row),
      }),
    ]),
  ),
});
export type OsqueryEnrollRequest = Type.Static<typeof OsqueryEnrollRequest>;

export interface OsqueryEnrollResponse {
  node_key: string;
}

/** What every call after enrolment carries; the key in the body counts, the header of agents from 5.23.0 on repeats it. */
export const OsqueryNodeRequest = Type.Object({ node_key: Type.Optional(Type.Union([text(1024), Type.Null()])) });
export type OsqueryNodeRequest = Type.Static<typeof OsqueryNodeRequest>;

/** The parts of osquery's configuration that Muster sends. */
export interface OsqueryConfigResponse {
  options: Record<string, string | number | boolean>;
  decorators: { load: string[] };
}

export const OsqueryLogRequest = Type.Object({
  node_key: OsqueryNodeRequest.properties.node_key,
  log_type: text(64),
  data: Type.Union([Type.Array(Type.Unknown()), Type.Object({}), Type.Null(), text(0)]),
});
export type OsqueryLogRequest = Type.Static<typeof OsqueryLogRequest>;

/** One line of osqueryd's own log. */
export const OsqueryStatusLine = Type.Object({
  severity: Type.Union([Type.String(), Type.Integer()]),
  filename: Type.Optional(Type.String()),
  line: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  message: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
});
export type OsqueryStatusLine = Type.Static<typeof OsqueryStatusLine>;

export interface OsqueryReadResponse {
  /** SQL by name. Neither names nor SQL may be empty: an agent would refuse the batch and ask again for ever. */
  queries?: Record<string, string>;
  /** A query runs when its discovery SQL gives a row. */
  discovery?: Record<string, string>;
  /** Whole seconds during which the agent asks every 5 s. */
  accelerate?: number;
}

/**
 * Results by query name. Rows are looked at one query at a time, so that one malformed result costs only itself: `queries[name]`
 * is an array of rows, `""` (empty result of agents before 3.0) or null (failed query of ChromeOS's agent).
 */
export const OsqueryWriteRequest = Type.Object({
  node_key: OsqueryNodeRequest.properties.node_key,
  queries: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  /** 0 is success; text in agents before 3.0. */
  statuses: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  messages: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  stats: Type.Optional(Type.Unknown()),
});
export type OsqueryWriteRequest = Type.Static<typeof OsqueryWriteRequest>;

/**
 * The body of every failure. osquery ignores the HTTP status and goes by the `error` key, whatever its value; `node_invalid` makes
 * the agent forget its key and enrol again.
 */
export interface OsqueryFailure {
  error: string;
  node_invalid?: true;
}
