import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";

const text = Type.String();

export const hostSummary = endpoint({
  method: "GET",
  path: "/host_summary",
  permission: "host:read",
  tag: "Hosts",
  summary: "Count hosts by platform and status",
  description: "Counts are exact at the time of the answer. mia and missing: not seen for 30 days.",
  query: Type.Object(
    {
      platform: Type.Optional(text),
      label_id: Type.Optional(Type.Integer({ minimum: 1 })),
      low_disk_space: Type.Optional(Type.Integer()),
    },
    { additionalProperties: false },
  ),
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({
    totals_hosts_count: Type.Integer(),
    online_count: Type.Integer(),
    offline_count: Type.Integer(),
    mia_count: Type.Integer(),
    missing_30_days_count: Type.Integer(),
    new_count: Type.Integer({ description: "Enrolled within the last 24 hours." }),
    all_linux_count: Type.Integer(),
    low_disk_space_count: Type.Union([Type.Integer(), Type.Null()]),
    platforms: Type.Array(Type.Object({ platform: text, hosts_count: Type.Integer() })),
    builtin_labels: Type.Array(
      Type.Object({ id: Type.Integer(), name: text, description: text, label_type: Type.Literal("builtin") }),
    ),
  }),
});
