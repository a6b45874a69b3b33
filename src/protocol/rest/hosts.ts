import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { HostLabel } from "./host-labels.ts";
import { HostDetailSoftware } from "./host-software.ts";
import { Empty, IdParams, NullableTime, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

export const HOST_STATUSES = ["new", "online", "offline", "mia", "missing"] as const;
export const HOST_ORDER_KEYS = [
  "id",
  "hostname",
  "display_name",
  "computer_name",
  "platform",
  "os_version",
  "seen_time",
  "last_enrolled_at",
  "hardware_serial",
  "hardware_model",
  "primary_ip",
  "memory",
  "created_at",
  "software_updated_at",
  "osquery_version",
  "agents",
  "status",
  "software_count",
] as const;

const text = Type.String();
const Bytes = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const HostFilters = {
  status: Type.Optional(oneOf(HOST_STATUSES)),
  platform: Type.Optional(
    Type.String({ description: "`linux`, `darwin`, `windows`, `chrome`, or osquery's own word (`debian`). Comma list." }),
  ),
  label_id: Type.Optional(Type.Integer({ minimum: 1, description: "Hosts of this label." })),
  software_version_id: Type.Optional(Type.Integer({ minimum: 1, description: "Hosts that hold this software version." })),
  software_id: Type.Optional(Type.Integer({ minimum: 1, description: "Older name of `software_version_id`." })),
  software_title_id: Type.Optional(Type.Integer({ minimum: 1, description: "Hosts that hold any version of this title." })),
  not_opened_for_days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 3650,
      description:
        "Together with `software_title_id`: hosts that did not open any version of it for so many days, and tell openings.",
    }),
  ),
  vulnerability: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description:
        "Hosts with this vulnerability, by its CVE id or an alias (`GHSA-…`), in any letter case; those are left out where it is suppressed. Together with a software version or title: hosts that have it in that software.",
    }),
  ),
  os_scope: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: "Hosts of this kind, as vulnerabilities are matched for it: a release (`debian:12`) or a family (`windows`).",
    }),
  ),
  fix_id: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: "Hosts that need this update: the `id` of a row of `GET /vulnerabilities/fix_first`.",
    }),
  ),
  os_version_id: Type.Optional(Type.Integer({ minimum: 1 })),
  os_name: Type.Optional(Type.String({ maxLength: 255, description: "Together with `os_version`." })),
  os_version: Type.Optional(Type.String({ maxLength: 255, description: "Together with `os_name`." })),
  hardware_model: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: "Hosts whose model has this in its name, in any letter case." }),
  ),
  agent: Type.Optional(oneOf(["muster", "osquery"], { description: "Hosts with this agent." })),
  software_count_min: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "With at least so much software." }),
  ),
  software_count_max: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "With at most so much software." }),
  ),
  memory_min: Type.Optional({ ...Bytes, description: "With at least so much `memory`, in bytes." }),
  memory_max: Type.Optional({
    ...Bytes,
    description: "With at most so much `memory`, in bytes; hosts that did not tell theirs are left out.",
  }),
  created_since: Type.Optional({ ...Time, description: "First enrolled at this time or later." }),
  created_until: Type.Optional({ ...Time, description: "First enrolled at this time or before." }),
  last_enrolled_since: Type.Optional({ ...Time, description: "Enrolled last at this time or later." }),
  last_enrolled_until: Type.Optional({ ...Time, description: "Enrolled last at this time or before." }),
  seen_since: Type.Optional({ ...Time, description: "Seen at this time or later." }),
  seen_until: Type.Optional({ ...Time, description: "Seen last at this time or before." }),
  software_updated_since: Type.Optional({ ...Time, description: "Software changed at this time or later." }),
  software_updated_until: Type.Optional({ ...Time, description: "Software changed last at this time or before." }),
};

/** Fleet's documented host parameters that mean nothing here yet; accepted so that its clients work. */
export const HOST_FILTERS_ACCEPTED = [
  "team_id",
  "fleet_id",
  "policy_id",
  "policy_response",
  "software_status",
  "populate_policies",
  "populate_users",
  "device_mapping",
  "additional_info_filters",
  "disable_failing_policies",
  "disable_issues",
  "low_disk_space",
  "mdm_id",
  "mdm_name",
  "mdm_enrollment_status",
  "macos_settings",
  "munki_issue_id",
  "bootstrap_package",
  "os_settings",
  "os_settings_disk_encryption",
] as const;

export const Host = Type.Object(
  {
    id: Type.Integer(),
    created_at: Time,
    updated_at: Time,
    detail_updated_at: NullableTime,
    label_updated_at: NullableTime,
    policy_updated_at: NullableTime,
    software_updated_at: NullableTime,
    last_enrolled_at: Time,
    last_restarted_at: NullableTime,
    seen_time: Time,
    refetch_requested: Type.Boolean(),
    refetch_critical_queries_until: NullableTime,
    hostname: text,
    display_name: text,
    display_text: text,
    computer_name: text,
    uuid: text,
    hardware_serial: text,
    hardware_vendor: text,
    hardware_model: text,
    hardware_version: text,
    platform: text,
    platform_like: text,
    os_version: text,
    os_version_id: Type.Union([Type.Integer(), Type.Null()], { description: "As in `os_versions`; null when unknown." }),
    build: text,
    code_name: text,
    osquery_version: text,
    orbit_version: Type.Union([text, Type.Null()]),
    muster_version: Type.Union([text, Type.Null()], { description: "Version of Muster's own agent on this host, if any." }),
    fleet_desktop_version: Type.Union([text, Type.Null()]),
    scripts_enabled: Type.Union([Type.Boolean(), Type.Null()]),
    cpu_type: text,
    cpu_subtype: text,
    cpu_brand: text,
    cpu_physical_cores: Type.Integer(),
    cpu_logical_cores: Type.Integer(),
    memory: Type.Integer({ description: "Bytes." }),
    uptime: Type.Integer({ description: "Nanoseconds." }),
    public_ip: text,
    primary_ip: text,
    primary_mac: text,
    distributed_interval: Type.Integer({ description: "Seconds." }),
    config_tls_refresh: Type.Integer({ description: "Seconds." }),
    logger_tls_period: Type.Integer({ description: "Seconds." }),
    status: oneOf(["online", "offline"], {
      description:
        "Online: seen within the shorter of `distributed_interval` and `config_tls_refresh` (60 s when unknown, and at least that with Muster's agent) and 60 s more.",
    }),
    team_id: Type.Null(),
    team_name: Type.Null(),
    fleet_id: Type.Null(),
    fleet_name: Type.Null(),
    gigs_disk_space_available: Type.Number(),
    percent_disk_space_available: Type.Number(),
    gigs_total_disk_space: Type.Number(),
    timezone: Type.Union([text, Type.Null()]),
    software_count: Type.Integer({ description: "Software rows on this host." }),
    software: Type.Optional(
      Type.Array(HostDetailSoftware, { description: "In lists with `populate_software`, and in details unless left out." }),
    ),
    issues: Type.Optional(
      Type.Object(
        {
          failing_policies_count: Type.Integer(),
          critical_vulnerabilities_count: Type.Integer({ description: "Open ones that are critical or known to be exploited." }),
          vulnerabilities_count: Type.Integer({ description: "All open ones." }),
          total_issues_count: Type.Integer({ description: "As in Fleet: failing policies and critical vulnerabilities." }),
        },
        { description: "In details, and in lists with `populate_software`; without it `disable_issues` has no effect." },
      ),
    ),
    labels: Type.Optional(Type.Array(HostLabel, { description: "In lists with `populate_labels=true`, and in details." })),
  },
  { $id: "Host" },
);
export type Host = Type.Static<typeof Host>;

/** What one source of a host last said. */
export const HostSource = Type.Object({
  source: text,
  rows_count: Type.Integer(),
  updated_at: Time,
  error: Type.Union([text, Type.Null()], {
    description: "Why the last report of this source failed; its rows are the last good ones.",
  }),
});

export const HostDetail = Type.Intersect(
  [
    Host,
    Type.Object({
      sources: Type.Array(HostSource),
      agents: Type.Array(Type.Object({ agent: text, version: text, enrolled_at: Time, identifier: text })),
      labels: Type.Array(HostLabel),
      policies: Type.Array(Type.Never()),
      packs: Type.Array(Type.Never()),
      batteries: Type.Null(),
      users: Type.Array(Type.Never()),
      end_users: Type.Array(Type.Never()),
    }),
  ],
  { $id: "HostDetail" },
);
export type HostDetail = Type.Static<typeof HostDetail>;

export const listHosts = endpoint({
  method: "GET",
  path: "/hosts",
  permission: "host:read",
  tag: "Hosts",
  summary: "List hosts",
  description:
    "Filters combine with *and*. `query` searches hostname, computer name, serial, uuid and IPv4 address. The order `agents` is that of the agents " +
    "on a host and their versions as text: first by Muster's, then osquery's, then orbit's.",
  query: pagingQuery(HOST_ORDER_KEYS, {
    ...HostFilters,
    populate_labels: Type.Optional(Type.Boolean({ description: "Adds `labels` to each host." })),
    populate_software: Type.Optional(
      oneOf(["false", "without_vulnerability_details", "true"], {
        description:
          "Adds `software` with its vulnerabilities, and `issues`, to each host; a page has 20 hosts then, and at most 50 when `per_page` says so.",
      }),
    ),
  }),
  accepted: HOST_FILTERS_ACCEPTED,
  response: Type.Object({
    hosts: Type.Array(Host),
    software: Type.Optional(Type.Object({ id: Type.Integer(), name: text, version: text, source: text })),
    software_title: Type.Optional(Type.Object({ id: Type.Integer(), name: text, source: text })),
    meta: PageMeta,
  }),
});

export const countHosts = endpoint({
  method: "GET",
  path: "/hosts/count",
  permission: "host:read",
  tag: "Hosts",
  summary: "Count hosts",
  description: "The number of hosts that the same filters list.",
  query: pagingQuery(HOST_ORDER_KEYS, HostFilters),
  accepted: HOST_FILTERS_ACCEPTED,
  response: Type.Object({ count: Type.Integer() }),
});

export const getHost = endpoint({
  method: "GET",
  path: "/hosts/:id",
  permission: "host:read",
  tag: "Hosts",
  summary: "Get a host",
  description: "All facts of one host; with its software unless `exclude_software=true`.",
  params: IdParams,
  query: Type.Object({ exclude_software: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
  response: Type.Object({ host: HostDetail }),
});

export const getHostByIdentifier = endpoint({
  method: "GET",
  path: "/hosts/identifier/:identifier",
  permission: "host:read",
  tag: "Hosts",
  summary: "Get a host by identifier",
  description:
    "`identifier` is a uuid, hostname, hardware serial or osquery host identifier. The newest match wins when a hostname is not unique.",
  params: Type.Object({ identifier: Type.String({ minLength: 1, maxLength: 255 }) }),
  query: Type.Object({ exclude_software: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
  response: Type.Object({ host: HostDetail }),
});

export const deleteHost = endpoint({
  method: "DELETE",
  path: "/hosts/:id",
  permission: "host:write",
  tag: "Hosts",
  summary: "Delete a host",
  description: "Forgets the host, its software links and its keys. An agent that still runs there must enrol again.",
  params: IdParams,
  response: Empty,
});

export const deleteHosts = endpoint({
  method: "POST",
  path: "/hosts/delete",
  permission: "host:write",
  tag: "Hosts",
  summary: "Delete several hosts",
  description: "By `ids`, at most 1,000 a call.",
  body: Type.Object(
    { ids: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 1000 }) },
    { additionalProperties: false },
  ),
  response: Empty,
});

export const refetchHost = endpoint({
  method: "POST",
  path: "/hosts/:id/refetch",
  permission: "host:write",
  tag: "Hosts",
  summary: "Ask a host for a full report now",
  description:
    "An online host answers at its next poll: within seconds with Muster's agent, within its poll interval with osquery.",
  params: IdParams,
  response: Empty,
});
