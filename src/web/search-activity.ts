import type { ActivityType } from "#protocol/rest/activities.ts";
import { listOf } from "./search.ts";
import type { ListSearch } from "./search.ts";
import { oneOf, present } from "./search-values.ts";

/** What the address of the activity page carries after the `?`; read as all of them are (search.ts). */

export const ACTIVITY_TYPES = [
  "fleet_enrolled",
  "deleted_host",
  "host_identifier_conflict",
  "user_logged_in",
  "user_failed_login",
  "created_user",
  "deleted_user",
  "edited_user",
  "edited_enroll_secrets",
  "created_label",
  "edited_label",
  "deleted_label",
  "edited_label_hosts",
  "edited_collection_settings",
  "edited_host_expiry_settings",
  "merged_software_titles",
  "split_software_title",
  "renamed_software_title",
  "undid_title_correction",
  "expired_host",
  "synced_vulnerability_feed",
  "requested_vulnerability_rescan",
  "imported_vulnerability_feeds",
  "created_vulnerability_decision",
  "revoked_vulnerability_decision",
  "reopened_vulnerability_decision",
  "imported_vex_document",
  "deleted_vex_document",
  "created_product_correction",
  "undid_product_correction",
  "created_notification_rule",
  "edited_notification_rule",
  "deleted_notification_rule",
  "replayed_notification",
  "edited_vulnerability_sla_settings",
] as const satisfies readonly ActivityType[];
/** Time spans of the activity page, in hours. */
export const SPANS = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 } as const;
export type Span = keyof typeof SPANS;

export interface ActivitySearch extends ListSearch<"id"> {
  type?: (typeof ACTIVITY_TYPES)[number];
  span?: Span;
}

export function parseActivitySearch(raw: Record<string, unknown>): ActivitySearch {
  return present({
    ...listOf(raw, ["id"] as const),
    type: oneOf(raw["type"], ACTIVITY_TYPES),
    span: oneOf(raw["span"], Object.keys(SPANS) as Span[]),
  });
}
