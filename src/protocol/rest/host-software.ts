import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { identifiers } from "./software.ts";
import { IdParams, NullableTime, PageMeta, pagingQuery, Time } from "./paging.ts";
import { CvesOfRow, VulnerabilitiesOfRow, VulnerableFilters } from "./vulnerability-shapes.ts";

const text = Type.String();

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
  ...identifiers,
  vendor: Type.Optional(text),
  release: Type.Optional(text),
  arch: Type.Optional(text),
  generated_cpe: text,
  last_opened_at: Type.Optional(NullableTime),
  vulnerabilities: VulnerabilitiesOfRow,
  installed_paths: Type.Array(text),
  signature_information: Type.Array(SignatureInformation),
  installed_at: Type.Optional(Time),
  installed_by: Type.Optional(text),
});
export type HostDetailSoftware = Type.Static<typeof HostDetailSoftware>;

export const HOST_SOFTWARE_ORDER_KEYS = [
  "name",
  "source",
  "version",
  "arch",
  "vendor",
  "installed_at",
  "last_opened_at",
  "vulnerabilities_count",
] as const;

export const HostSoftwareFilters = {
  ...VulnerableFilters,
  source: Type.Optional(Type.String({ maxLength: 1024, description: "Only these sources; comma list." })),
  vendor: Type.Optional(Type.String({ maxLength: 255, description: "Only this vendor, in any letter case." })),
  arch: Type.Optional(Type.String({ maxLength: 255, description: "Only this architecture, in any letter case." })),
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
      vulnerabilities: CvesOfRow,
      vulnerabilities_count: Type.Integer({ description: "Open vulnerabilities that it has on this host." }),
      cvss_score_max: Type.Union([Type.Number(), Type.Null()], { description: "The highest CVSS base score among them." }),
      cisa_known_exploit: Type.Boolean({ description: "One of them is known to be exploited (CISA KEV)." }),
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
  query: pagingQuery(HOST_SOFTWARE_ORDER_KEYS, {
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
