import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { LABEL_MEMBERSHIP_TYPES, LABEL_TYPES } from "./host-labels.ts";
import { Host, HOST_FILTERS_ACCEPTED, HOST_ORDER_KEYS, HostFilters } from "./hosts.ts";
import { Empty, IdParams, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();

/** Platforms that a dynamic label's query may be limited to. */
export const LABEL_PLATFORMS = ["", "darwin", "windows", "linux", "chrome", "ubuntu", "centos"] as const;
/** Hosts named in one call; a bigger label is filled by several. */
export const LABEL_HOSTS_MAX = 20_000;

export const Label = Type.Object(
  {
    id: Type.Integer(),
    name: text,
    description: text,
    query: Type.String({ description: "osquery SQL of a dynamic label; a host is a member when it answers at least one row." }),
    criteria: Type.Unknown({ description: "Rule of a host_vitals label; null for the other kinds." }),
    platform: Type.String({ description: "Limits whom a dynamic label's query is given to; empty: everybody." }),
    label_type: oneOf(LABEL_TYPES),
    label_membership_type: oneOf(LABEL_MEMBERSHIP_TYPES),
    display_text: text,
    count: Type.Integer({ description: "Hosts of the label, exact." }),
    host_count: Type.Integer({ description: "As `count`." }),
    author_id: Type.Union([Type.Integer(), Type.Null()]),
    team_id: Type.Null(),
    fleet_id: Type.Null(),
    evaluated_at: Type.Union([Time, Type.Null()], {
      description:
        "Since when all hosts are known to be in or out; null while a host_vitals label is still looking through them.",
    }),
    evaluated_share: Type.Number({ description: "Of the hosts, how many a running evaluation has looked at: 0 to 1." }),
    created_at: Time,
    updated_at: Time,
  },
  { $id: "Label" },
);
export type Label = Type.Static<typeof Label>;

const CRITERIA_DESCRIPTION =
  "A condition `{vital, operator?, value, source?, version?}`, or `{all: […]}`, `{any: […]}`, `{not: …}` of such; at most 50 conditions, 5 levels. " +
  "`GET /labels/vitals` lists vitals and their operators. The vital `software` takes the name as `value`, and optionally `source` and `version`, which `operator` compares.";

const LabelName = Type.String({ minLength: 1, maxLength: 255 });
const Description = Type.String({ maxLength: 2000 });
const HostIds = Type.Array(Type.Integer({ minimum: 1 }), { maxItems: LABEL_HOSTS_MAX });
const HostNames = Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
  maxItems: LABEL_HOSTS_MAX,
  description: "Hardware serials, hostnames or uuids.",
});
const CriteriaField = Type.Unknown({ description: CRITERIA_DESCRIPTION });

export const createLabel = endpoint({
  method: "POST",
  path: "/labels",
  permission: "label:write",
  tag: "Labels",
  summary: "Create a label",
  description:
    "With `query` (dynamic), `criteria` (host_vitals), or `hosts` / `host_ids` (manual); with none of them an empty manual label. Names are unique without regard to case.",
  body: Type.Object(
    {
      name: LabelName,
      description: Type.Optional(Description),
      query: Type.Optional(Type.String({ maxLength: 10_000 })),
      criteria: Type.Optional(CriteriaField),
      hosts: Type.Optional(HostNames),
      host_ids: Type.Optional(HostIds),
      platform: Type.Optional(oneOf(LABEL_PLATFORMS, { description: "With `query` only." })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ label: Label }),
});

export const updateLabel = endpoint({
  method: "PATCH",
  path: "/labels/:id",
  permission: "label:write",
  tag: "Labels",
  summary: "Change a label",
  description:
    "`criteria` of a host_vitals label may change: its hosts are looked through anew. `hosts` or `host_ids` replace those of a manual label. `query` and `platform` are immutable, and so are built-in labels.",
  params: IdParams,
  body: Type.Object(
    {
      name: Type.Optional(LabelName),
      description: Type.Optional(Description),
      criteria: Type.Optional(CriteriaField),
      hosts: Type.Optional(HostNames),
      host_ids: Type.Optional(HostIds),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ label: Label }),
});

export const LABEL_ORDER_KEYS = ["name", "id", "created_at", "host_count"] as const;

export const listLabels = endpoint({
  method: "GET",
  path: "/labels",
  permission: "label:read",
  tag: "Labels",
  summary: "List labels",
  description: "Built-in ones included. `query` searches names and descriptions.",
  query: pagingQuery(LABEL_ORDER_KEYS, {
    label_type: Type.Optional(oneOf(LABEL_TYPES)),
    label_membership_type: Type.Optional(oneOf(LABEL_MEMBERSHIP_TYPES)),
  }),
  accepted: ["team_id", "fleet_id", "include_host_counts"],
  response: Type.Object({ labels: Type.Array(Label), count: Type.Integer(), meta: PageMeta }),
});

export const labelsSummary = endpoint({
  method: "GET",
  path: "/labels/summary",
  permission: "label:read",
  tag: "Labels",
  summary: "Names of all labels",
  description: "For choosing one; at most 10,000, by name.",
  accepted: ["team_id", "fleet_id"],
  response: Type.Object({
    labels: Type.Array(
      Type.Object({ id: Type.Integer(), name: text, description: text, label_type: oneOf(LABEL_TYPES), team_id: Type.Null() }),
    ),
  }),
});

export const labelVitals = endpoint({
  method: "GET",
  path: "/labels/vitals",
  permission: "label:read",
  tag: "Labels",
  summary: "What criteria may ask about",
  description: "Every vital with its kind, its operators and the words for it.",
  response: Type.Object({
    vitals: Type.Array(Type.Object({ vital: text, label: text, kind: text, operators: Type.Array(text) })),
  }),
});

export const previewLabel = endpoint({
  method: "POST",
  path: "/labels/preview",
  permission: "label:read",
  tag: "Labels",
  summary: "Hosts that criteria would find",
  description:
    "Looks through the hosts, at most for two seconds: `complete` says whether all were looked at; `count` is of those that were. Stores nothing.",
  body: Type.Object({ criteria: CriteriaField }, { additionalProperties: false }),
  response: Type.Object({
    count: Type.Integer(),
    hosts_examined: Type.Integer(),
    complete: Type.Boolean(),
    hosts: Type.Array(Type.Object({ id: Type.Integer(), display_name: text, platform: text, os_version: text }), {
      description: "The first ten.",
    }),
  }),
});

export const getLabel = endpoint({
  method: "GET",
  path: "/labels/:id",
  permission: "label:read",
  tag: "Labels",
  summary: "Get a label",
  description: "With its exact number of hosts.",
  params: IdParams,
  accepted: ["include_host_counts"],
  response: Type.Object({ label: Label }),
});

export const listLabelHosts = endpoint({
  method: "GET",
  path: "/labels/:id/hosts",
  permission: "host:read",
  tag: "Labels",
  summary: "List a label's hosts",
  description: "As `GET /hosts` with `label_id`.",
  params: IdParams,
  query: pagingQuery(HOST_ORDER_KEYS, HostFilters),
  accepted: HOST_FILTERS_ACCEPTED,
  response: Type.Object({ hosts: Type.Array(Host), meta: PageMeta }),
});

export const changeLabelHosts = endpoint({
  method: "POST",
  path: "/labels/:id/hosts",
  permission: "label:write",
  tag: "Labels",
  summary: "Add and remove hosts of a manual label",
  description: "What is so already stays so; hosts that do not exist are left out. Muster's own addition to Fleet's calls.",
  params: IdParams,
  body: Type.Object({ add: Type.Optional(HostIds), remove: Type.Optional(HostIds) }, { additionalProperties: false }),
  response: Type.Object({ added: Type.Integer(), removed: Type.Integer() }),
});

export const deleteLabel = endpoint({
  method: "DELETE",
  path: "/labels/:name",
  permission: "label:write",
  tag: "Labels",
  summary: "Delete a label by name",
  description: "Without regard to case. Built-in labels stay.",
  params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) }),
  response: Empty,
});

export const deleteLabelById = endpoint({
  method: "DELETE",
  path: "/labels/id/:id",
  permission: "label:write",
  tag: "Labels",
  summary: "Delete a label",
  description: "Built-in labels stay.",
  params: IdParams,
  response: Empty,
});

const LabelNames = Type.Object(
  { labels: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems: 100 }) },
  { additionalProperties: false },
);

export const addLabelsToHost = endpoint({
  method: "POST",
  path: "/hosts/:id/labels",
  permission: "label:write",
  tag: "Labels",
  summary: "Add a host to manual labels",
  description: "By names. Unknown names, and labels that are not manual, are refused, and nothing is changed.",
  params: IdParams,
  body: LabelNames,
  response: Empty,
});

export const removeLabelsFromHost = endpoint({
  method: "DELETE",
  path: "/hosts/:id/labels",
  permission: "label:write",
  tag: "Labels",
  summary: "Take a host out of manual labels",
  description: "By names. Unknown names, and labels that are not manual, are refused, and nothing is changed.",
  params: IdParams,
  body: LabelNames,
  response: Empty,
});
