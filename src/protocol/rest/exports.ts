import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { HostSoftwareFilters } from "./host-software.ts";
import { HOST_FILTERS_ACCEPTED, HOST_ORDER_KEYS, HostFilters } from "./hosts.ts";
import { Empty, IdParams, oneOf, Time } from "./paging.ts";
import { SoftwareFilters, TITLE_ORDER_KEYS, TitleFilters, VERSION_ORDER_KEYS, VersionFilters } from "./software.ts";
import { VulnerableFilters } from "./vulnerability-shapes.ts";
import { QUERY_LENGTH_MAX } from "#domain/core/limits.ts";

export const EXPORT_FORMATS = ["csv", "ndjson"] as const;
export const SBOM_FORMATS = ["cyclonedx", "spdx"] as const;

const ROW_TYPES = ["text/csv", "application/x-ndjson"] as const;
const SBOM_TYPES = ["application/vnd.cyclonedx+json", "application/spdx+json"] as const;

/** What every export of rows takes besides its filters. */
const exportOptions = {
  format: Type.Optional(
    oneOf(EXPORT_FORMATS, { description: "`csv` (default; RFC 4180) or `ndjson` (one JSON object a line)." }),
  ),
  columns: Type.Optional(
    Type.String({
      maxLength: 2048,
      description: "Only these columns, in this order; comma list. An unknown name is answered with all names.",
    }),
  ),
  bom: Type.Optional(Type.Boolean({ description: "Begin a CSV with a byte order mark, by which spreadsheets know UTF-8." })),
};
const search = {
  query: Type.Optional(Type.String({ maxLength: QUERY_LENGTH_MAX, description: "Search text, as in the list." })),
  order_direction: Type.Optional(oneOf(["asc", "desc"])),
};
const closed = { additionalProperties: false } as const;
const STREAMED =
  "Streamed from one moment of the database; without paging. Cells that a spreadsheet would run begin with an apostrophe.";
const notOpened = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 3650, description: "Not opened for so many days, as in the list." }),
);
const asOf = Type.Optional({ ...Time, description: "The state at this moment of the past, as far back as history is kept." });

export const exportHosts = endpoint({
  method: "GET",
  path: "/hosts/report",
  permission: "host:read",
  tag: "Exports",
  summary: "Export hosts",
  description: `The hosts that the same filters list, in the same order. ${STREAMED}`,
  query: Type.Object({ ...exportOptions, ...search, order_key: Type.Optional(oneOf(HOST_ORDER_KEYS)), ...HostFilters }, closed),
  accepted: HOST_FILTERS_ACCEPTED,
  response: Empty,
  download: ROW_TYPES,
});

export const exportSoftwareTitles = endpoint({
  method: "GET",
  path: "/software/titles/report",
  permission: "software:read",
  tag: "Exports",
  summary: "Export software titles",
  description: `The titles that the same filters list, in the same order. ${STREAMED}`,
  query: Type.Object(
    {
      ...exportOptions,
      ...search,
      order_key: Type.Optional(oneOf(TITLE_ORDER_KEYS)),
      ...TitleFilters,
    },
    closed,
  ),
  response: Empty,
  download: ROW_TYPES,
});

export const exportSoftwareVersions = endpoint({
  method: "GET",
  path: "/software/versions/report",
  permission: "software:read",
  tag: "Exports",
  summary: "Export software versions",
  description: `The versions that the same filters list, in the same order. ${STREAMED}`,
  query: Type.Object(
    {
      ...exportOptions,
      ...search,
      order_key: Type.Optional(oneOf(VERSION_ORDER_KEYS)),
      ...VersionFilters,
    },
    closed,
  ),
  response: Empty,
  download: ROW_TYPES,
});

export const exportHostSoftware = endpoint({
  method: "GET",
  path: "/hosts/:id/software/report",
  permission: "host:read",
  tag: "Exports",
  summary: "Export a host's software",
  description: `What the host holds, one row a version, by name. ${STREAMED}`,
  params: IdParams,
  query: Type.Object(
    { ...exportOptions, query: search.query, ...HostSoftwareFilters, not_opened_for_days: notOpened, as_of: asOf },
    closed,
  ),
  response: Empty,
  download: ROW_TYPES,
});

export const exportHolders = endpoint({
  method: "GET",
  path: "/software/hosts/report",
  permission: "software:read",
  tag: "Exports",
  summary: "Export who has what",
  description: `One row for each software on each host, by host. Filters of hosts and of software combine with *and*; \`platform\` is the host's. ${STREAMED}`,
  query: Type.Object(
    {
      ...exportOptions,
      ...HostFilters,
      query: Type.Optional(
        Type.String({ maxLength: QUERY_LENGTH_MAX, description: "Search text in names and versions of software." }),
      ),
      source: SoftwareFilters.source,
      vendor: SoftwareFilters.vendor,
      arch: HostSoftwareFilters.arch,
      ...VulnerableFilters,
      installed_since: HostSoftwareFilters.installed_since,
      installed_until: HostSoftwareFilters.installed_until,
      last_opened_since: HostSoftwareFilters.last_opened_since,
      last_opened_until: HostSoftwareFilters.last_opened_until,
    },
    closed,
  ),
  response: Empty,
  download: ROW_TYPES,
});

const sbomQuery = Type.Object(
  {
    format: Type.Optional(oneOf(SBOM_FORMATS, { description: "`cyclonedx` (1.6, default) or `spdx` (2.3), both as JSON." })),
    as_of: asOf,
    vulnerabilities: Type.Optional(
      Type.Boolean({
        description:
          "False leaves out what the software is vulnerable to. With `as_of` it always is: what was known then is not kept.",
      }),
    ),
  },
  closed,
);
const SBOM_WORDS =
  "Every distinct software is one component, with a package URL. The same content gives the same bytes, serial number included.";

export const hostSbom = endpoint({
  method: "GET",
  path: "/hosts/:id/sbom",
  permission: "host:read",
  tag: "Exports",
  summary: "Bill of materials of a host",
  description: `${SBOM_WORDS} With installed paths and hashes where known.`,
  params: IdParams,
  query: sbomQuery,
  response: Empty,
  download: SBOM_TYPES,
});

export const labelSbom = endpoint({
  method: "GET",
  path: "/labels/:id/sbom",
  permission: "software:read",
  tag: "Exports",
  summary: "Bill of materials of a label's hosts",
  description: `${SBOM_WORDS} Of the hosts that are in the label now, also with \`as_of\`.`,
  params: IdParams,
  query: sbomQuery,
  response: Empty,
  download: SBOM_TYPES,
});

export const fleetSbom = endpoint({
  method: "GET",
  path: "/sbom",
  permission: "software:read",
  tag: "Exports",
  summary: "Bill of materials of the fleet",
  description: `${SBOM_WORDS} Of all hosts.`,
  query: sbomQuery,
  response: Empty,
  download: SBOM_TYPES,
});
