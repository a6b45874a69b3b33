import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { HostLabel } from "./host-labels.ts";
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
  "status",
  "software_count",
] as const;

const text = Type.String();

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
  "vulnerability",
  "populate_software",
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
    labels: Type.Optional(Type.Array(HostLabel, { description: "In lists with `populate_labels=true`, and in details." })),
  },
  { $id: "Host" },
);
export type Host = Type.Static<typeof Host>;

export const SignatureInformation = Type.Object({
  installed_path: text,
  team_identifier: text,
  hash_sha256: text,
  executable_sha256: text,
  executable_path: text,
});

/** One software row on a host, in the shape of Fleet's host detail. */
export const HostDetailSoftware = Type.Object({
  id: Type.Integer(),
  software_title_id: Type.Integer(),
  name: text,
  display_name: text,
  version: text,
  source: text,
  browser: text,
  extension_for: text,
  extension_id: Type.Optional(text),
  bundle_identifier: Type.Optional(text),
  upgrade_code: Type.Optional(text),
  application_id: Type.Optional(text),
  vendor: Type.Optional(text),
  release: Type.Optional(text),
  arch: Type.Optional(text),
  generated_cpe: text,
  last_opened_at: Type.Optional(NullableTime),
  vulnerabilities: Type.Null(),
  installed_paths: Type.Array(text),
  signature_information: Type.Array(SignatureInformation),
  installed_at: Type.Optional(Time),
  installed_by: Type.Optional(text),
});
export type HostDetailSoftware = Type.Static<typeof HostDetailSoftware>;

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
      software: Type.Optional(Type.Array(HostDetailSoftware)),
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
  description: "Filters combine with *and*. `query` searches hostname, computer name, serial, uuid and IPv4 address.",
  query: pagingQuery(HOST_ORDER_KEYS, {
    ...HostFilters,
    populate_labels: Type.Optional(Type.Boolean({ description: "Adds `labels` to each host." })),
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

export const HostSoftwareFilters = {
  source: Type.Optional(Type.String({ maxLength: 1024, description: "Only these sources; comma list." })),
  vendor: Type.Optional(Type.String({ maxLength: 255, description: "Only this vendor, in any letter case." })),
  installed_since: Type.Optional({ ...Time, description: "First seen on this host at this time or later." }),
  installed_until: Type.Optional({ ...Time, description: "First seen on this host at this time or before." }),
  last_opened_since: Type.Optional({ ...Time, description: "Opened at this time or later." }),
  last_opened_until: Type.Optional({ ...Time, description: "Opened last at this time or before." }),
};

const HostSoftwareTitle = Type.Object({
  id: Type.Integer({ description: "Id of the title." }),
  name: text,
  display_name: text,
  icon_url: Type.Null(),
  source: text,
  extension_for: text,
  browser: text,
  upgrade_code: Type.Optional(text),
  status: Type.Null(),
  software_package: Type.Null(),
  app_store_app: Type.Null(),
  installed_versions: Type.Array(
    Type.Object({
      id: Type.Integer({ description: "Id of the software version." }),
      name: text,
      version: text,
      bundle_identifier: Type.Optional(text),
      release: Type.Optional(text),
      vendor: Type.Optional(text),
      arch: Type.Optional(text),
      last_opened_at: Type.Optional(
        Type.String({ description: "RFC 3339, or empty when the source supports it and it was never opened; absent otherwise." }),
      ),
      vulnerabilities: Type.Null(),
      installed_paths: Type.Array(text),
      signature_information: Type.Array(SignatureInformation),
      installed_at: Time,
      installed_by: Type.String({
        description: "Who installed it: what the device says, else the user in whose home it lies; empty when unknown.",
      }),
    }),
  ),
});
export type HostSoftwareTitle = Type.Static<typeof HostSoftwareTitle>;

export const listHostSoftware = endpoint({
  method: "GET",
  path: "/hosts/:id/software",
  permission: "host:read",
  tag: "Hosts",
  summary: "List a host's software",
  description: "One row a title, with the versions that this host holds. `count` counts titles, `versions_count` software rows.",
  params: IdParams,
  query: pagingQuery(["name", "source", "version", "vendor", "installed_at", "last_opened_at"], {
    ...HostSoftwareFilters,
    not_opened_for_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        description: "Titles that were not opened on this host for so many days, where the source tells openings.",
      }),
    ),
    as_of: Type.Optional({
      ...Time,
      description:
        "What the host held at this moment, by its last report before it. Paths are known only of what it still holds.",
    }),
  }),
  accepted: [
    "available_for_install",
    "include_available_for_install",
    "self_service",
    "vulnerable",
    "min_cvss_score",
    "max_cvss_score",
    "exploit",
    "macos_applications",
    "team_id",
    "fleet_id",
  ],
  response: Type.Object({
    count: Type.Integer(),
    versions_count: Type.Integer(),
    history_since: Type.Optional(
      Type.Union([Time, Type.Null()], {
        description:
          "With `as_of`: retention deleted history before this moment; what is older is incomplete. Null: nothing was deleted.",
      }),
    ),
    software: Type.Array(HostSoftwareTitle),
    meta: PageMeta,
  }),
});
