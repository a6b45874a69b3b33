import type { Label } from "#protocol/rest/labels.ts";
import type { LabelRow, LabelType, MembershipType } from "./label-store.ts";

/** A label as REST shows it. */
export function presentLabel(row: LabelRow): Label {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    query: row.query,
    criteria: row.criteria ?? null,
    platform: row.platform,
    label_type: row.label_type as LabelType,
    label_membership_type: row.label_membership_type as MembershipType,
    display_text: row.name,
    count: row.count,
    host_count: row.count,
    author_id: row.author_id,
    team_id: null,
    fleet_id: null,
    evaluated_at: row.evaluated_at?.toISOString() ?? null,
    evaluated_share: row.evaluated_at !== null ? 1 : Math.min(1, row.evaluated_to / Math.max(1, row.last_host_id ?? 1)),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
