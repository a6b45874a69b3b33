import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, PageMeta, pagingQuery, Time } from "./paging.ts";
import { CvesOfRow, VulnerabilitiesOfRow, VulnerabilityOfSoftware, VulnerableFilters } from "./vulnerability-shapes.ts";

const text = Type.String();
/** What every list of software filters by; the exports of the same lists take the same. */
export const SoftwareFilters = {
  source: Type.Optional(Type.String({ maxLength: 1024, description: "Only these sources; comma list." })),
  platform: Type.Optional(
    Type.String({
      maxLength: 64,
      description: "Only sources that exist on these platforms: `linux`, `darwin`, `windows`, `chrome`; comma list.",
    }),
  ),
  vendor: Type.Optional(
    Type.String({ maxLength: 255, description: "Only this vendor, as a package or program names it, in any letter case." }),
  ),
  label_id: Type.Optional(
    Type.Integer({ minimum: 1, description: "Only what hosts of this label hold; all counts are those within the label." }),
  ),
  first_seen_since: Type.Optional({ ...Time, description: "First seen in the fleet at this time or later." }),
  first_seen_until: Type.Optional({ ...Time, description: "First seen in the fleet at this time or before." }),
  hosts_count_min: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "On at least so many hosts." })),
  hosts_count_max: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "On at most so many hosts." })),
};
export const TITLE_ORDER_KEYS = [
  "name",
  "hosts_count",
  "versions_count",
  "source",
  "vendor",
  "identifier",
  "created_at",
] as const;
export const TitleFilters = {
  ...SoftwareFilters,
  ...VulnerableFilters,
  identifier: Type.Optional(
    Type.String({
      maxLength: 255,
      description: "Only titles with this bundle identifier, upgrade code or application id, in any letter case.",
    }),
  ),
  versions_count_min: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "With at least so many versions." }),
  ),
  versions_count_max: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "With at most so many versions." }),
  ),
};
export const VERSION_ORDER_KEYS = [
  "name",
  "hosts_count",
  "version",
  "arch",
  "source",
  "vendor",
  "created_at",
  "cve_published",
  "cvss_score",
  "epss_probability",
  "cisa_known_exploit",
  "vulnerabilities_count",
] as const;
export const VersionFilters = {
  ...SoftwareFilters,
  ...VulnerableFilters,
  arch: Type.Optional(Type.String({ maxLength: 255, description: "Only this architecture, in any letter case." })),
  software_title_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only versions of this title." })),
};
/** What of vulnerabilities lists leave out when asked to. */
export const withoutDetails = Type.Optional(
  Type.Boolean({ description: "Of vulnerabilities only `cve`, `details_link` and `created_at`." }),
);
const ACCEPTED = [
  "team_id",
  "fleet_id",
  "available_for_install",
  "self_service",
  "packages_only",
  "exclude_fleet_maintained_apps",
  "hash_sha256",
  "package_name",
] as const;

/** The worst of a row's open vulnerabilities, without their list. */
const worst = {
  cvss_score_max: Type.Union([Type.Number(), Type.Null()], {
    description: "Highest CVSS base score of its open vulnerabilities; null: none has one.",
  }),
  cisa_known_exploit: Type.Boolean({ description: "One of its open vulnerabilities is known to be exploited (CISA KEV)." }),
};

/** What names an application to its platform, where its source has such a name. */
export const identifiers = {
  bundle_identifier: Type.Optional(text),
  upgrade_code: Type.Optional(text),
  application_id: Type.Optional(text),
};

const TitleVendor = Type.String({
  description:
    "The vendor that most of its versions name, of those that hosts hold now; of equally many that of the newest. Empty: none does.",
});

export const SoftwareTitle = Type.Object(
  {
    id: Type.Integer(),
    name: text,
    display_name: text,
    icon_url: Type.Null(),
    source: text,
    browser: text,
    extension_for: text,
    vendor: TitleVendor,
    ...identifiers,
    hosts_count: Type.Integer({ description: "Hosts that hold any version now." }),
    versions_count: Type.Integer(),
    created_at: { ...Time, description: "When a host first brought it." },
    vulnerable_versions_count: Type.Integer({ description: "Of its versions that hosts hold, those with open vulnerabilities." }),
    ...worst,
    versions: Type.Array(Type.Object({ id: Type.Integer(), version: text, vulnerabilities: CvesOfRow })),
    software_package: Type.Null(),
    app_store_app: Type.Null(),
  },
  { $id: "SoftwareTitle" },
);
export type SoftwareTitle = Type.Static<typeof SoftwareTitle>;

export const listSoftwareTitles = endpoint({
  method: "GET",
  path: "/software/titles",
  permission: "software:read",
  tag: "Software",
  summary: "List software titles",
  description:
    "Titles that at least one host holds; by number of hosts, most first, unless ordered otherwise. Counts are exact, not hourly.",
  query: pagingQuery(TITLE_ORDER_KEYS, TitleFilters),
  accepted: ACCEPTED,
  response: Type.Object({
    counts_updated_at: NullableTime,
    count: Type.Integer(),
    software_titles: Type.Array(SoftwareTitle),
    meta: PageMeta,
  }),
});

export const getSoftwareTitle = endpoint({
  method: "GET",
  path: "/software/titles/:id",
  permission: "software:read",
  tag: "Software",
  summary: "Get a software title",
  description: "The title with all its versions and the number of hosts on each (at most the 1,000 most common versions).",
  params: IdParams,
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({
    software_title: Type.Object({
      id: Type.Integer(),
      name: text,
      display_name: text,
      icon_url: Type.Null(),
      source: text,
      browser: text,
      extension_for: text,
      vendor: TitleVendor,
      ...identifiers,
      hosts_count: Type.Integer(),
      counts_updated_at: NullableTime,
      versions_count: Type.Integer(),
      versions: Type.Array(
        Type.Object({
          id: Type.Integer(),
          name: text,
          version: text,
          release: Type.Optional(text),
          vendor: Type.Optional(text),
          arch: Type.Optional(text),
          vulnerabilities: CvesOfRow,
          hosts_count: Type.Integer(),
          created_at: Time,
        }),
      ),
      software_package: Type.Null(),
      app_store_app: Type.Null(),
    }),
  }),
});

export const SoftwareVersion = Type.Object(
  {
    id: Type.Integer(),
    software_title_id: Type.Integer(),
    name: text,
    display_name: text,
    version: text,
    source: text,
    browser: text,
    extension_for: text,
    extension_id: Type.Optional(text),
    ...identifiers,
    release: Type.Optional(text),
    vendor: Type.Optional(text),
    arch: Type.Optional(text),
    generated_cpe: text,
    hosts_count: Type.Integer(),
    created_at: { ...Time, description: "When a host first brought it." },
    vulnerabilities: VulnerabilitiesOfRow,
    vulnerabilities_count: Type.Integer({ description: "Open vulnerabilities in it." }),
    ...worst,
  },
  { $id: "SoftwareVersion" },
);
export type SoftwareVersion = Type.Static<typeof SoftwareVersion>;

export const listSoftwareVersions = endpoint({
  method: "GET",
  path: "/software/versions",
  permission: "software:read",
  tag: "Software",
  summary: "List software versions",
  description:
    "Every distinct software that at least one host holds. `query` searches names, and with words that begin with a digit also versions; a CVE id (or its beginning) finds the software that has it.",
  query: pagingQuery(VERSION_ORDER_KEYS, { ...VersionFilters, without_vulnerability_details: withoutDetails }),
  accepted: ACCEPTED,
  response: Type.Object({
    counts_updated_at: NullableTime,
    count: Type.Integer(),
    software: Type.Array(SoftwareVersion),
    meta: PageMeta,
  }),
});

export const getSoftwareVersion = endpoint({
  method: "GET",
  path: "/software/versions/:id",
  permission: "software:read",
  tag: "Software",
  summary: "Get a software version",
  description: "One software row of the shared catalogue.",
  params: IdParams,
  query: Type.Object({ without_vulnerability_details: withoutDetails }, { additionalProperties: false }),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({ software: SoftwareVersion }),
});

export const OsVersion = Type.Object(
  {
    os_version_id: Type.Integer({
      description:
        "All architectures and kernels of one version are one entry; its id is the smallest of theirs, and any of theirs finds it.",
    }),
    hosts_count: Type.Integer(),
    name: text,
    name_only: text,
    version: text,
    platform: text,
    generated_cpes: Type.Array(text),
    vulnerabilities_count: Type.Integer(),
    vulnerabilities: Type.Array(VulnerabilityOfSoftware, {
      description:
        "Of Windows and macOS their own; of Linux those of kernels: of the ones that hosts run in lists, of all installed ones in the detail. The worst first, at most `max_vulnerabilities`.",
    }),
    kernels: Type.Optional(
      Type.Array(
        Type.Object({
          id: Type.Integer({ description: "Id of the software version." }),
          name: text,
          version: text,
          vulnerabilities: CvesOfRow,
          hosts_count: Type.Integer({ description: "Hosts of this operating system version that have it installed." }),
          running_hosts_count: Type.Integer({ description: "Of them those that run it now." }),
        }),
        { description: "Of Linux, in the detail: the kernels installed on its hosts, the most common first." },
      ),
    ),
  },
  { $id: "OsVersion" },
);
export type OsVersion = Type.Static<typeof OsVersion>;

const maxVulnerabilities = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 1000,
    description:
      "At most so many `vulnerabilities` of each; default: 1,000 in one answer, shared by its rows, but at least 20 of each. The count is of all.",
  }),
);

export const OS_VERSION_ORDER_KEYS = ["hosts_count", "name", "version", "platform"] as const;

export const listOsVersions = endpoint({
  method: "GET",
  path: "/os_versions",
  permission: "software:read",
  tag: "Operating systems",
  summary: "List operating system versions",
  description: "Operating systems that at least one host runs.",
  query: pagingQuery(OS_VERSION_ORDER_KEYS, {
    platform: Type.Optional(text),
    os_name: Type.Optional(text),
    os_version: Type.Optional(text),
    hosts_count_min: SoftwareFilters.hosts_count_min,
    hosts_count_max: SoftwareFilters.hosts_count_max,
    label_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only hosts of this label." })),
    max_vulnerabilities: maxVulnerabilities,
  }),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({
    count: Type.Integer(),
    counts_updated_at: NullableTime,
    os_versions: Type.Array(OsVersion),
    meta: PageMeta,
  }),
});

export const getOsVersion = endpoint({
  method: "GET",
  path: "/os_versions/:id",
  permission: "software:read",
  tag: "Operating systems",
  summary: "Get an operating system version",
  description: "One operating system version with the number of its hosts.",
  params: IdParams,
  query: Type.Object({ max_vulnerabilities: maxVulnerabilities }, { additionalProperties: false }),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({ counts_updated_at: NullableTime, os_version: OsVersion }),
});
