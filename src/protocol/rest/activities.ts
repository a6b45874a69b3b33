import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { IdParams, NullableTime, PageMeta, pagingQuery, Time } from "./paging.ts";

const text = Type.String();
const nullableText = Type.Union([text, Type.Null()]);

/** Everything the audit trail records today, and the keys of its `details`. */
export const ACTIVITY_TYPES = [
  "fleet_enrolled", // host_id, host_display_name, host_serial, agent
  "deleted_host", // host_id, host_display_name, host_serial
  "expired_host", // host_id, host_display_name, host_serial
  "host_identifier_conflict", // host_id, host_display_name, identifier, remote_address
  "user_logged_in", // public_ip
  "user_failed_login", // email, public_ip
  "created_user", // user_id, user_name, user_email
  "deleted_user", // user_id, user_name, user_email
  "edited_user", // user_id, user_name, user_email
  "edited_enroll_secrets", // secrets_count
  "created_label", // label_id, label_name
  "edited_label", // label_id, label_name
  "deleted_label", // label_id, label_name
  "edited_label_hosts", // label_id, label_name, added_count, removed_count
  "edited_collection_settings", // label_id, label_name (null: of the fleet)
  "edited_host_expiry_settings", // host_expiry_enabled, host_expiry_window
  "merged_software_titles", // correction_id, titles, into, hosts_count
  "split_software_title", // correction_id, titles, into, name, hosts_count
  "renamed_software_title", // correction_id, titles, name, hosts_count
  "undid_title_correction", // correction_id, correction_type, titles, into, name
  "synced_vulnerability_feed", // feed, part (null: all), accept_shrink
  "imported_vulnerability_feeds", // import_id, file_name, bytes, sha256
  "requested_vulnerability_rescan", // rescan_id
  "created_product_correction", // correction_id, kind, products, software, reason, software_count, hosts_count
  "undid_product_correction", // correction_id, kind, products, software
  "created_vulnerability_decision", // decision_id, kind, cve, software, host, label, reason, expires_at, findings_count
  "revoked_vulnerability_decision", // decision_id, kind, cve, note
  "reopened_vulnerability_decision", // decision_id, kind, cve, reason (expired, epss, kev, severity, fix)
  "imported_vex_document", // vex_document_id, name, author, suppressed_count
  "deleted_vex_document", // vex_document_id, name, author
  "edited_vulnerability_sla_settings", // known_exploited_days, critical_days, high_days, medium_days, low_days
  "created_notification_rule", // rule_id, rule_name, channel
  "edited_notification_rule", // rule_id, rule_name, channel
  "deleted_notification_rule", // rule_id, rule_name, channel
  "replayed_notification", // rule_id, rule_name, delivery_id
] as const;
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

export const Activity = Type.Object(
  {
    id: Type.Integer(),
    created_at: Time,
    type: text,
    actor_id: Type.Union([Type.Integer(), Type.Null()]),
    actor_full_name: nullableText,
    actor_email: nullableText,
    actor_gravatar: nullableText,
    actor_api_only: Type.Union([Type.Boolean(), Type.Null()]),
    fleet_initiated: Type.Boolean({ description: "True when no user but the server or a device caused it." }),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "Activity" },
);
export type Activity = Type.Static<typeof Activity>;

export const listActivities = endpoint({
  method: "GET",
  path: "/activities",
  permission: "activity:read",
  tag: "Activities",
  summary: "List activities",
  description: "The audit trail, newest first unless ordered otherwise. `query` searches the actor.",
  query: pagingQuery(["id", "created_at"], {
    activity_type: Type.Optional(text),
    start_created_at: Type.Optional(Time),
    end_created_at: Type.Optional(Time),
  }),
  response: Type.Object({ activities: Type.Array(Activity), counts_updated_at: Type.Optional(NullableTime), meta: PageMeta }),
});

export const listHostActivities = endpoint({
  method: "GET",
  path: "/hosts/:id/activities",
  permission: "activity:read",
  tag: "Activities",
  summary: "List a host's activities",
  description:
    "What the audit trail holds about one host, newest first unless ordered otherwise; also after the host was deleted.",
  params: IdParams,
  query: pagingQuery(["id", "created_at"], {}),
  response: Type.Object({ activities: Type.Array(Activity), meta: PageMeta }),
});
