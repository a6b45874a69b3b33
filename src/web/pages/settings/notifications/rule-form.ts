import type { NotificationRule } from "#protocol/rest/notifications.ts";
import type { NewRule } from "../../../data/notifications.ts";

type Conditions = NonNullable<NewRule["conditions"]>;
type Severity = NonNullable<Conditions["min_severity"]>;

/** What the fields of a rule hold, as typed and chosen. */
export interface RuleFields {
  name: string;
  channel: NotificationRule["channel"];
  enabled: boolean;
  min_severity: Severity | undefined;
  /** Per cent; empty: not asked. */
  min_epss: string;
  kev: boolean;
  label_id: number | undefined;
  /** Comma list of sources; undefined: all. */
  sources: string | undefined;
  states: string | undefined;
  url: string;
  payload: NotificationRule["payload"];
  allow_private_addresses: boolean;
  signing_secret: string;
  /** Addresses by comma or line. */
  recipients: string;
  /** Minutes. */
  batch: string;
}

export const NEW_RULE: RuleFields = {
  name: "",
  channel: "webhook",
  enabled: true,
  min_severity: "high",
  min_epss: "",
  kev: false,
  label_id: undefined,
  sources: undefined,
  states: undefined,
  url: "",
  payload: "muster",
  allow_private_addresses: false,
  signing_secret: "",
  recipients: "",
  batch: "5",
};
const MINUTE = 60;
const BATCH_MINUTES_MAX = 1440;

/** The fields of a rule that exists. Its secret is never shown, and stays unless a new one is typed. */
export function fieldsOf(rule: NotificationRule): RuleFields {
  const { conditions } = rule;
  return {
    name: rule.name,
    channel: rule.channel,
    enabled: rule.enabled,
    min_severity: conditions.min_severity,
    min_epss: conditions.min_epss === undefined ? "" : String(Number((conditions.min_epss * 100).toFixed(4))),
    kev: conditions.kev === true,
    label_id: conditions.label_id,
    sources: conditions.sources?.join(","),
    states: conditions.states?.join(","),
    url: rule.url ?? "",
    payload: rule.payload,
    allow_private_addresses: rule.allow_private_addresses,
    signing_secret: "",
    recipients: rule.recipients.join("\n"),
    batch: String(Number((rule.batch_seconds / MINUTE).toFixed(2))),
  };
}

/** What is missing or wrong, in words; undefined when the rule can be saved. */
export function missingOf(fields: RuleFields): string | undefined {
  if (fields.name.trim() === "") return "Name the rule first";
  if (fields.channel === "webhook" && !/^https?:\/\/\S+$/u.test(fields.url.trim()))
    return "Enter an address that begins with https://";
  if (fields.channel === "email" && recipientsOf(fields.recipients).length === 0) return "Enter at least one e-mail address";
  if (!isPercent(fields.min_epss)) return "EPSS is a number from 0 to 100";
  if (!isMinutes(fields.batch)) return `Minutes are a number from 0 to ${BATCH_MINUTES_MAX}`;
  return undefined;
}

export function isPercent(text: string): boolean {
  return text === "" || (/^\d{1,3}(?:\.\d{1,4})?$/u.test(text) && Number(text) <= 100);
}

export function isMinutes(text: string): boolean {
  return /^\d{1,4}(?:\.\d{1,2})?$/u.test(text) && Number(text) <= BATCH_MINUTES_MAX;
}

export function recipientsOf(text: string): string[] {
  return text
    .split(/[\s,;]+/u)
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

/** What the API is told of a rule, but its channel: that cannot be changed. */
export function bodyOf(fields: RuleFields): Omit<NewRule, "channel"> {
  const webhook = fields.channel === "webhook";
  return {
    name: fields.name.trim(),
    enabled: fields.enabled,
    conditions: conditionsOf(fields),
    batch_seconds: Math.round(Number(fields.batch) * MINUTE),
    ...(webhook
      ? {
          url: fields.url.trim(),
          payload: fields.payload,
          allow_private_addresses: fields.allow_private_addresses,
          ...(fields.signing_secret === "" ? {} : { signing_secret: fields.signing_secret }),
        }
      : { recipients: recipientsOf(fields.recipients) }),
  };
}

function conditionsOf(fields: RuleFields): Conditions {
  const { min_severity, min_epss, kev, label_id, sources, states } = fields;
  return {
    ...(min_severity === undefined ? {} : { min_severity }),
    ...(min_epss === "" ? {} : { min_epss: Number(min_epss) / 100 }),
    ...(kev ? { kev: true } : {}),
    ...(label_id === undefined ? {} : { label_id }),
    ...(sources === undefined ? {} : { sources: sources.split(",") }),
    ...(states === undefined ? {} : { states: states.split(",") as NonNullable<Conditions["states"]> }),
  };
}
