import type { ColumnType, Generated } from "kysely";
import type { Json, NullableTimestamp, Timestamp } from "./tables.ts";

/** Tables of labels, and of settings that labels decide; part of tables.ts. */

export interface LabelsTable {
  id: Generated<number>;
  name: string;
  description: Generated<string>;
  platform: Generated<string>;
  label_type: Generated<string>;
  label_membership_type: string;
  query: Generated<string>;
  criteria: ColumnType<unknown, string | null | undefined, string | null>;
  criteria_fields: Generated<string[]>;
  evaluated_to: Generated<number>;
  author_id: number | null;
  evaluated_at: NullableTimestamp;
  counted_at: NullableTimestamp;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface LabelMembershipTable {
  host_id: number;
  label_id: number;
  created_at: Timestamp;
  counted: Generated<boolean>;
}

export interface LabelHostChangesTable {
  id: Generated<number>;
  host_id: number;
  fields: string[];
}

export interface HostDeletionsTable {
  host_id: number;
  deleted_at: Timestamp;
}

export interface CollectionSettingsTable {
  id: Generated<number>;
  /** null: the fleet's own. */
  label_id: number | null;
  place: number;
  settings: Json<unknown>;
  updated_at: Timestamp;
}

export interface LabelCountsTable {
  label_id: number;
  hosts_count: number;
}

export interface LabelSoftwareCountsTable {
  label_id: number;
  software_id: number;
  source: string;
  hosts_count: number;
}

export interface LabelTitleCountsTable {
  label_id: number;
  title_id: number;
  source: string;
  hosts_count: number;
  versions_count: number;
}

export interface LabelCountRunsTable {
  label_id: number;
  started_at: Timestamp;
  members: Generated<number>;
  counted: Generated<number>;
  /** A `pg_snapshot`; null: its moment is not chosen yet. */
  snapshot: string | null;
  moved_titles: Generated<number[]>;
}
