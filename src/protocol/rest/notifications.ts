import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Empty, IdParams, NullableTime, oneOf, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;

const Conditions = Type.Object(
  {
    min_severity: Type.Optional(oneOf(["critical", "high", "medium", "low"], { description: "At least this severe." })),
    min_epss: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "At least this probable to be exploited." })),
    kev: Type.Optional(Type.Boolean({ description: "True: only those known to be exploited." })),
    label_id: Type.Optional(Type.Integer({ minimum: 1, description: "Only on at least one host of this label." })),
    sources: Type.Optional(
      Type.Array(Type.String({ pattern: "^[a-z0-9_]{1,64}$" }), {
        maxItems: 50,
        description: "Only in software of these sources.",
      }),
    ),
    states: Type.Optional(Type.Array(oneOf(["affected", "unfixed", "will_not_fix", "deferred", "possible"]), { maxItems: 5 })),
  },
  closed,
);

const Shared = {
  name: Type.String({ minLength: 1, maxLength: 255, pattern: "\\S", description: "A name that can be seen." }),
  conditions: Conditions,
  url: Type.String({ minLength: 1, maxLength: 2048, description: "Of a webhook: where it is posted to, http or https." }),
  payload: oneOf(["muster", "fleet"], {
    description:
      "Of a webhook: one message for all (`muster`, default), or one for each vulnerability in Fleet's form (`fleet`).",
  }),
  allow_private_addresses: Type.Boolean({
    description: "Of a webhook: it may lead to this machine and to private networks; default false.",
  }),
  recipients: Type.Array(
    Type.String({ maxLength: 254, pattern: "^[^\\s@<>,;]+@[^\\s@<>,;]+$", description: "An e-mail address." }),
    { maxItems: 50, description: "Of an e-mail." },
  ),
  batch_seconds: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    description: "What is found within this time goes out together; default 300.",
  }),
};
const SigningSecret = Type.String({
  minLength: 16,
  maxLength: 255,
  pattern: "^[!-~]+$",
  description: "16 to 255 visible characters.",
});

export const NotificationRule = Type.Object(
  {
    id: Type.Integer(),
    name: text,
    enabled: Type.Boolean(),
    channel: oneOf(["webhook", "email"]),
    conditions: Conditions,
    url: nullable(text),
    payload: oneOf(["muster", "fleet"]),
    allow_private_addresses: Type.Boolean(),
    signed: Type.Boolean({ description: "It has a secret that messages are signed with. The secret itself is never shown." }),
    recipients: Type.Array(text),
    batch_seconds: Type.Integer(),
    author_full_name: nullable(text),
    created_at: Time,
    updated_at: Time,
  },
  { $id: "NotificationRule" },
);
export type NotificationRule = Type.Static<typeof NotificationRule>;
const RuleAnswer = Type.Object({ rule: NotificationRule });

export const listNotificationRules = endpoint({
  method: "GET",
  path: "/notification_rules",
  permission: "config:read",
  tag: "Notifications",
  summary: "List notification rules",
  description: "All of them, at most 100.",
  response: Type.Object({ rules: Type.Array(NotificationRule) }),
});

export const createNotificationRule = endpoint({
  method: "POST",
  path: "/notification_rules",
  permission: "config:write",
  tag: "Notifications",
  summary: "Create a notification rule",
  description: `Tells of new findings by webhook or e-mail. A webhook is signed with \`signing_secret\`; without one a secret is made, and shown in this
answer only. 422 for an address that must not be called, and for e-mail without a mail server in the configuration.`,
  body: Type.Object(
    {
      name: Shared.name,
      channel: oneOf(["webhook", "email"]),
      enabled: Type.Optional(Type.Boolean()),
      conditions: Type.Optional(Shared.conditions),
      url: Type.Optional(Shared.url),
      payload: Type.Optional(Shared.payload),
      allow_private_addresses: Type.Optional(Shared.allow_private_addresses),
      signing_secret: Type.Optional(SigningSecret),
      recipients: Type.Optional(Shared.recipients),
      batch_seconds: Type.Optional(Shared.batch_seconds),
    },
    closed,
  ),
  response: Type.Object({
    rule: NotificationRule,
    signing_secret: Type.Union([text, Type.Null()], {
      description: "The secret that was made; null: it was given, or there is none.",
    }),
  }),
});

export const updateNotificationRule = endpoint({
  method: "PATCH",
  path: "/notification_rules/:id",
  permission: "config:write",
  tag: "Notifications",
  summary: "Change a notification rule",
  description: "What is absent stays as it is; `conditions` are replaced as a whole. The channel cannot be changed.",
  params: IdParams,
  body: Type.Partial(Type.Object({ ...Shared, enabled: Type.Boolean(), signing_secret: SigningSecret }), closed),
  response: RuleAnswer,
});

export const deleteNotificationRule = endpoint({
  method: "DELETE",
  path: "/notification_rules/:id",
  permission: "config:write",
  tag: "Notifications",
  summary: "Delete a notification rule",
  description: "With its messages, those not delivered yet included.",
  params: IdParams,
  status: 204,
  response: Empty,
});

export const NotificationDelivery = Type.Object(
  {
    id: Type.Integer(),
    rule_id: Type.Integer(),
    idempotency_key: text,
    vulnerabilities_count: Type.Integer(),
    state: oneOf(["waiting", "delivered", "failed"]),
    attempts: Type.Integer(),
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: "HTTP status of the last attempt; null: there was no answer.",
    }),
    error: Type.Union([text, Type.Null()], { description: "What went wrong at the last attempt." }),
    replay_of: nullable(Type.Integer()),
    created_at: Time,
    next_attempt_at: NullableTime,
    delivered_at: NullableTime,
  },
  { $id: "NotificationDelivery" },
);
export type NotificationDelivery = Type.Static<typeof NotificationDelivery>;
const DeliveryAnswer = Type.Object({ delivery: NotificationDelivery });

export const testNotificationRule = endpoint({
  method: "POST",
  path: "/notification_rules/:id/test",
  permission: "config:write",
  tag: "Notifications",
  summary: "Send a test message",
  description: "A message without vulnerabilities, delivered as every other one is: the delivery log tells how that went.",
  params: IdParams,
  response: DeliveryAnswer,
});

export const listNotificationDeliveries = endpoint({
  method: "GET",
  path: "/notification_deliveries",
  permission: "config:read",
  tag: "Notifications",
  summary: "List messages",
  description: "The delivery log of the last 30 days, newest first unless ordered otherwise.",
  query: pagingQuery(["id"], {
    rule_id: Type.Optional(Type.Integer({ minimum: 1 })),
    state: Type.Optional(oneOf(["waiting", "delivered", "failed"])),
  }),
  response: Type.Object({ count: Type.Integer(), deliveries: Type.Array(NotificationDelivery), meta: PageMeta }),
});

export const replayNotification = endpoint({
  method: "POST",
  path: "/notification_deliveries/:id/replay",
  permission: "config:write",
  tag: "Notifications",
  summary: "Send a message again",
  description: "The same content as a new message, with an idempotency key of its own.",
  params: IdParams,
  response: DeliveryAnswer,
});
