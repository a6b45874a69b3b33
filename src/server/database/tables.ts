import type { ColumnType, Generated, Kysely } from "kysely";
import type { ReadonlyKysely } from "kysely/readonly";
import type * as labels from "./label-tables.ts";
import type { JudgementTables } from "./judgement-tables.ts";
import type { VulnerabilityTables } from "./vulnerability-tables.ts";

/**
 * The tables as code sees them, kept in step with migrations/ by test/repo (columns are compared with the schema dump).
 * `bigint` columns arrive as numbers: identifiers stay far below 2^53 (see pools.ts).
 */

export type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
export type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
export type Json<T> = ColumnType<T, string | undefined, string>;

export interface ServerSettingsTable {
  name: string;
  value: Json<unknown>;
  updated_at: Timestamp;
}

export interface UsersTable {
  id: Generated<number>;
  name: string;
  email: string;
  password_hash: string | null;
  global_role: Generated<string | null>;
  api_only: Generated<boolean>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface SessionsTable {
  id: Generated<number>;
  user_id: number;
  token_hash: Buffer;
  created_at: Timestamp;
  accessed_at: Timestamp;
  expires_at: NullableTimestamp;
}

export interface ActivitiesTable {
  id: Generated<number>;
  created_at: Timestamp;
  type: string;
  actor_id: number | null;
  actor_full_name: string | null;
  actor_email: string | null;
  actor_api_only: boolean | null;
  details: Json<Record<string, unknown>>;
}

export interface LoginLimitsTable {
  key: Buffer;
  attempts: number;
  expires_at: Timestamp;
}

export interface EnrollSecretsTable {
  secret: string;
  created_at: Timestamp;
}

export interface OperatingSystemsTable {
  id: Generated<number>;
  name: string;
  version: string;
  arch: Generated<string>;
  kernel_version: Generated<string>;
  platform: string;
  created_at: Timestamp;
  /** The kind of host that matching takes it for; null: not looked at yet. */
  os_scope_id: number | null;
}

export interface HostsTable {
  id: Generated<number>;
  created_at: Timestamp;
  updated_at: Timestamp;
  last_enrolled_at: Timestamp;
  detail_updated_at: NullableTimestamp;
  software_updated_at: NullableTimestamp;
  last_restarted_at: NullableTimestamp;
  refetch_requested: Generated<boolean>;
  software_sequence: Generated<number>;
  software_count: Generated<number>;
  operating_system_id: number | null;
  hostname: Generated<string>;
  computer_name: Generated<string>;
  uuid: Generated<string>;
  hardware_serial: Generated<string>;
  hardware_vendor: Generated<string>;
  hardware_model: Generated<string>;
  hardware_version: Generated<string>;
  platform: Generated<string>;
  platform_like: Generated<string>;
  os_version: Generated<string>;
  build: Generated<string>;
  code_name: Generated<string>;
  osquery_version: Generated<string>;
  orbit_version: string | null;
  muster_version: string | null;
  cpu_type: Generated<string>;
  cpu_subtype: Generated<string>;
  cpu_brand: Generated<string>;
  cpu_physical_cores: Generated<number>;
  cpu_logical_cores: Generated<number>;
  memory: Generated<number>;
  /** Nanoseconds. */
  uptime: Generated<number>;
  public_ip: Generated<string>;
  primary_ip: Generated<string>;
  primary_mac: Generated<string>;
  distributed_interval: Generated<number>;
  config_tls_refresh: Generated<number>;
  logger_tls_period: Generated<number>;
  gigs_disk_space_available: Generated<number>;
  percent_disk_space_available: Generated<number>;
  gigs_total_disk_space: Generated<number>;
  timezone: string | null;
}

export interface HostEnrollmentsTable {
  id: Generated<number>;
  host_id: number;
  agent: string;
  identifier: string;
  node_key_hash: Buffer;
  agent_version: Generated<string>;
  enrolled_at: Timestamp;
  hardware: Json<Record<string, string>>;
  reported_at: NullableTimestamp;
  refetch_sources: string[] | null;
  key_replaced_at: ColumnType<Date[], Date[] | undefined, Date[]>;
  former_marks: Generated<string[]>;
  conflict_reported_at: NullableTimestamp;
}

export interface HostSeenTimesTable {
  host_id: number;
  seen_time: Timestamp;
  reported_at: NullableTimestamp;
}

export interface SoftwareTitlesTable {
  id: Generated<number>;
  checksum: Buffer;
  name: string;
  source: string;
  extension_for: Generated<string>;
  bundle_identifier: Generated<string>;
  application_id: Generated<string>;
  upgrade_code: Generated<string>;
  /** Of most of its versions that some host holds (inventory/title-vendor-store.ts). */
  vendor: Generated<string>;
  created_at: Timestamp;
  /** What the rules call it, where an administrator gave it another `name`. */
  derived_name: Generated<string | null>;
  merged_into: Generated<number | null>;
}

export interface SoftwareTable {
  id: Generated<number>;
  title_id: number;
  checksum: Buffer;
  name: string;
  version: string;
  source: string;
  bundle_identifier: Generated<string>;
  release: Generated<string>;
  vendor: Generated<string>;
  arch: Generated<string>;
  extension_id: Generated<string>;
  extension_for: Generated<string>;
  application_id: Generated<string>;
  upgrade_code: Generated<string>;
  created_at: Timestamp;
  derivation_version: Generated<number>;
  superseded_by: Generated<number | null>;
}

export interface SoftwareAliasesTable {
  checksum: Buffer;
  software_id: number;
}

export interface CatalogueStateTable {
  only_row: Generated<boolean>;
  title_epoch: Generated<number>;
  matching_rules: Generated<number>;
}

export interface TitleCorrectionsTable {
  id: Generated<number>;
  created_at: Timestamp;
  type: string;
  details: Json<unknown>;
  undo: Json<unknown>;
  title_ids: number[];
  hosts_count: number;
  actor_id: number | null;
  actor_full_name: string | null;
  undone_at: NullableTimestamp;
  undone_by: string | null;
}

export interface TitleSplitsTable {
  correction_id: number;
  title_id: number;
  target_id: number;
  name_starts_with: string | null;
  version_starts_with: string | null;
  vendor: string | null;
}

export interface SoftwareNamesTable {
  /** In lower case. */
  name: string;
}

export interface SoftwareFactsTable {
  id: Generated<number>;
  software_id: number;
  checksum: Buffer;
  source_package: Generated<string>;
  source_version: Generated<string>;
  epoch: Generated<string>;
  origin: Generated<string>;
}

export interface HostSoftwareTable {
  host_id: number;
  software_id: number;
  facts_id: number | null;
  last_opened_at: NullableTimestamp;
  created_at: Timestamp;
  installed_paths: string[] | null;
  signature_information: ColumnType<unknown, string | null, string | null>;
  installed_by: string | null;
}

export interface HostSoftwareSourcesTable {
  host_id: number;
  source: string;
  digest: Buffer;
  rows_count: Generated<number>;
  updated_at: Timestamp;
  error: string | null;
  first_reported_at: NullableTimestamp;
  derivation_version: Generated<number>;
}

export interface HostSoftwareHistoryTable {
  host_id: number;
  software_id: number;
  title_id: number;
  installed_at: Timestamp;
  removed_at: Timestamp;
  event: string;
  next_software_id: number | null;
  installed_by: string | null;
}

export interface SoftwareDailyCountsTable {
  software_id: number;
  /** `YYYY-MM-DD`. */
  day: string;
  hosts_count: number;
}

export interface SoftwareTitleOpeningsTable {
  title_id: number;
  opening: string;
  /** `YYYY-MM-DD`. */
  since: string;
  hosts_count: number;
}

export interface SoftwareCountsTable {
  software_id: number;
  source: string;
  hosts_count: number;
}

export interface SoftwareTitleCountsTable {
  title_id: number;
  source: string;
  hosts_count: number;
  versions_count: number;
}

export interface SoftwareCountChangesTable {
  id: Generated<number>;
  host_id: number | null;
  software_added: Generated<number[]>;
  software_removed: Generated<number[]>;
  titles_added: Generated<number[]>;
  titles_removed: Generated<number[]>;
  label_ids: Generated<number[]>;
  only_labels: Generated<boolean>;
  /** The transaction that wrote the row, an `xid8`. */
  xid: Generated<string>;
  labels_added: Generated<number[]>;
  labels_removed: Generated<number[]>;
}

export interface Tables extends VulnerabilityTables, JudgementTables {
  server_settings: ServerSettingsTable;
  users: UsersTable;
  sessions: SessionsTable;
  activities: ActivitiesTable;
  enroll_secrets: EnrollSecretsTable;
  login_limits: LoginLimitsTable;
  operating_systems: OperatingSystemsTable;
  hosts: HostsTable;
  host_enrollments: HostEnrollmentsTable;
  host_seen_times: HostSeenTimesTable;
  catalogue_state: CatalogueStateTable;
  software_aliases: SoftwareAliasesTable;
  title_corrections: TitleCorrectionsTable;
  title_splits: TitleSplitsTable;
  software_titles: SoftwareTitlesTable;
  software: SoftwareTable;
  software_facts: SoftwareFactsTable;
  software_names: SoftwareNamesTable;
  host_software: HostSoftwareTable;
  host_software_sources: HostSoftwareSourcesTable;
  host_software_history: HostSoftwareHistoryTable;
  software_daily_counts: SoftwareDailyCountsTable;
  software_title_openings: SoftwareTitleOpeningsTable;
  software_counts: SoftwareCountsTable;
  software_title_counts: SoftwareTitleCountsTable;
  software_count_changes: SoftwareCountChangesTable;
  labels: labels.LabelsTable;
  label_membership: labels.LabelMembershipTable;
  label_host_changes: labels.LabelHostChangesTable;
  host_deletions: labels.HostDeletionsTable;
  collection_settings: labels.CollectionSettingsTable;
  label_counts: labels.LabelCountsTable;
  label_count_runs: labels.LabelCountRunsTable;
  label_software_counts: labels.LabelSoftwareCountsTable;
  label_title_counts: labels.LabelTitleCountsTable;
}

/** The primary: reads and writes. A transaction is one too. */
export type Database = Kysely<Tables>;

/** What read paths get: the replica when there is one. Typed so that a write is refused by the compiler. */
export type ReadonlyDatabase = ReadonlyKysely<Tables>;
