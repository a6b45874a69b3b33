import { Type } from "typebox";
import { SourceSettings } from "../agent/messages.ts";
import { endpoint } from "../endpoint.ts";

const Sources = Type.Record(
  Type.String({ pattern: "^[a-z0-9_]{1,64}$" }),
  Type.Object(SourceSettings.properties, { additionalProperties: false }),
  { description: "By source. What is absent has the agent's own default." },
);

/** Labels that can have settings of their own: all of them are looked at for each host. */
export const COLLECTION_LABELS_MAX = 100;

const LabelCollection = Type.Object({
  label_id: Type.Integer({ minimum: 1 }),
  label_name: Type.String(),
  sources: Sources,
});

const CollectionAnswer = Type.Object({
  sources: Sources,
  labels: Type.Array(LabelCollection, { description: "The first decides where a host's labels differ." }),
});
export type CollectionAnswer = Type.Static<typeof CollectionAnswer>;

export const getCollectionSettings = endpoint({
  method: "GET",
  path: "/collection_settings",
  permission: "config:read",
  tag: "Settings",
  summary: "What is collected",
  description: "Which sources of software devices report, how often and within which limits: for the fleet, and for labels.",
  response: CollectionAnswer,
});

export const putCollectionSettings = endpoint({
  method: "PUT",
  path: "/collection_settings",
  permission: "config:write",
  tag: "Settings",
  summary: "Set what is collected",
  description:
    "Replaces all of it. Agents learn of it at their next check-in. A source that is switched off keeps what it reported last; for osquery, `enabled` alone has an effect.",
  body: Type.Object(
    {
      sources: Sources,
      labels: Type.Optional(
        Type.Array(Type.Object({ label_id: Type.Integer({ minimum: 1 }), sources: Sources }, { additionalProperties: false }), {
          maxItems: COLLECTION_LABELS_MAX,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: CollectionAnswer,
});

export const getHostCollection = endpoint({
  method: "GET",
  path: "/hosts/:id/collection_settings",
  permission: "config:read",
  tag: "Settings",
  summary: "What one host collects",
  description: "Its labels' settings and the fleet's put together, as the host's agent gets them.",
  params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  response: Type.Object({ etag: Type.String(), sources: Sources }),
});

/** Days; Fleet has the same limits: at least one, and what a date can hold. */
export const HOST_EXPIRY_WINDOW_MAX = 3650;

const HostExpirySettings = Type.Object({
  host_expiry_enabled: Type.Boolean(),
  host_expiry_window: Type.Integer({
    minimum: 1,
    maximum: HOST_EXPIRY_WINDOW_MAX,
    description: "Days: a host that was not seen for longer is deleted.",
  }),
});
const Config = Type.Object({ host_expiry_settings: HostExpirySettings });

export const getConfig = endpoint({
  method: "GET",
  path: "/config",
  permission: "config:read",
  tag: "Settings",
  summary: "Settings of the installation",
  description: "The part of Fleet's configuration that exists here.",
  response: Config,
});

export const updateConfig = endpoint({
  method: "PATCH",
  path: "/config",
  permission: "config:write",
  tag: "Settings",
  summary: "Change settings of the installation",
  description: "What is absent stays as it is.",
  body: Type.Object(
    { host_expiry_settings: Type.Optional(Type.Partial(HostExpirySettings, { additionalProperties: false })) },
    { additionalProperties: false },
  ),
  response: Config,
});
