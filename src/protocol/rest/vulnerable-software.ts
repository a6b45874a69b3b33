import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { oneOf, PageMeta, pagingQuery } from "./paging.ts";
import { CveParams, VulnerabilityFilters, VulnerableSoftware } from "./vulnerabilities.ts";

export const VULNERABLE_SOFTWARE_ORDER_KEYS = ["hosts_count", "name", "created_at"] as const;

export const listVulnerableSoftware = endpoint({
  method: "GET",
  path: "/vulnerabilities/:cve/software",
  permission: "software:read",
  tag: "Vulnerabilities",
  summary: "List the software that has a vulnerability",
  description:
    "One row for each software version on each kind of host; the most common first, unless ordered otherwise. `query` searches names and versions. The hosts of a row are those of `GET /hosts` with its `software_version_id`, this `vulnerability` and its `os_scope`.",
  params: CveParams,
  query: pagingQuery(VULNERABLE_SOFTWARE_ORDER_KEYS, {
    state: VulnerabilityFilters.state,
    source: Type.Optional(Type.String({ maxLength: 1024, description: "Only software of these sources; comma list." })),
    label_id: Type.Optional(
      Type.Integer({ minimum: 1, description: "Only what hosts of this label hold; hosts are counted within it." }),
    ),
    suppressed: Type.Optional(
      oneOf(["no", "yes", "all"], {
        description: "`no` (default): what has it open; `yes`: only what a decision, VEX or the vendor suppresses everywhere.",
      }),
    ),
  }),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({
    count: Type.Integer(),
    software: Type.Array(VulnerableSoftware),
    meta: PageMeta,
  }),
});
