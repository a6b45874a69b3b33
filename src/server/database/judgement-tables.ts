import type { ColumnType, Generated } from "kysely";
import type { DecisionBaseline } from "#domain/vulnerability/judgement/decision.ts";
import type { NotificationConditions } from "#domain/vulnerability/judgement/notification-rule.ts";
import type { VexProduct, VexStatus } from "#domain/vulnerability/judgement/vex/statement.ts";
import type { Json, NullableTimestamp, Timestamp } from "./tables.ts";

/** Tables of decisions, VEX and notifications; part of tables.ts. */

export interface VulnerabilityDecisionsTable {
  id: Generated<number>;
  kind: "accepted_risk" | "false_positive";
  vulnerability_id: number;
  software_id: number | null;
  operating_system_id: number | null;
  software_title_id: number | null;
  host_id: number | null;
  label_id: number | null;
  reason: string;
  author_id: number | null;
  author_full_name: string | null;
  created_at: Timestamp;
  expires_at: NullableTimestamp;
  reopen_epss: number | null;
  reopen_kev: Generated<boolean>;
  reopen_severity: Generated<boolean>;
  reopen_fix: Generated<boolean>;
  baseline: Json<DecisionBaseline>;
  names: Json<{ software: string | null; host: string | null; label: string | null }>;
  ended_at: NullableTimestamp;
  ended_reason: "revoked" | "expired" | "epss" | "kev" | "severity" | "fix" | null;
  ended_by: string | null;
  ended_note: string | null;
}

export interface VexDocumentsTable {
  id: Generated<number>;
  format: "openvex" | "csaf" | "cyclonedx";
  document_id: string;
  name: string;
  author: string;
  issued_at: Timestamp;
  version: string;
  sha256: Buffer;
  statements_count: number;
  imported_by: string | null;
  imported_at: Timestamp;
}

export interface VexStatementsTable {
  id: Generated<number>;
  vex_document_id: number;
  vulnerabilities: string[];
  status: VexStatus;
  justification: string | null;
  impact_statement: string | null;
  action_statement: string | null;
  products: Json<VexProduct[]>;
  stated_at: Timestamp;
}

export interface FindingVexStatementsTable {
  subject_id: number;
  vulnerability_id: number;
  vex_statement_id: number;
}

export interface SuppressionsTable {
  id: Generated<number>;
  subject_id: number;
  vulnerability_id: number;
  decision_id: number | null;
  vex_statement_id: number | null;
  kind: "accepted_risk" | "false_positive" | "vex";
  host_id: number | null;
  label_id: number | null;
  expires_at: NullableTimestamp;
}

export interface FixTimesTable {
  severity: string;
  fixed_count: number;
  median_seconds: number;
  counted_at: Timestamp;
}

export interface FixTimeDaysTable {
  day: string;
  severity: string;
  hours: number;
  fixed_count: number;
}

export interface FixTimeDaysCountedTable {
  day: string;
  counted_at: Timestamp;
}

export interface FixQueueTable {
  id: Generated<number>;
  os_scope_id: number;
  source: string;
  software_title_id: number | null;
  source_package: string | null;
  operating_system: string | null;
  stale: Generated<boolean>;
  recount: Generated<boolean>;
  queued_at: Generated<Date>;
  name: Generated<string>;
  resolved_in_version: Generated<string>;
  risk: Generated<number>;
  hosts_count: Generated<number>;
  vulnerabilities_count: Generated<number>;
  known_exploited_count: Generated<number>;
  software_count: Generated<number>;
  priority: Generated<number>;
  cves: Generated<string[]>;
}

export interface FixFindingsTable {
  fix_id: number;
  vulnerability_id: number;
  subjects: number[];
  versions: string[];
  scheme: string | null;
  hosts_count: number;
  partly: boolean;
}

export interface FixQueueChangesTable {
  id: Generated<number>;
  vulnerability_id: number;
  hosts: Generated<boolean>;
}

export interface FixSubjectsTable {
  subject_id: number;
  fix_id: number;
}

export interface LabelFixesTable {
  label_id: number;
  fix_id: number;
  risk: number;
  hosts_count: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  priority: number;
}

export interface LabelFixCountsTable {
  label_id: number;
  asked_at: Timestamp;
  counted_at: Date | null;
  took_ms: Generated<number>;
}

export interface LabelMemberChangesTable {
  id: Generated<number>;
  label_id: number;
}

export interface NotificationToldTable {
  rule_id: number;
  vulnerability_id: number;
}

export interface FindingEventsTable {
  id: Generated<number>;
  subject_id: number;
  vulnerability_id: number;
  before: Json<unknown>;
  created_at: Timestamp;
}

export interface NotificationRulesTable {
  id: Generated<number>;
  name: string;
  enabled: Generated<boolean>;
  conditions: Json<NotificationConditions>;
  channel: "webhook" | "email";
  url: string | null;
  payload: Generated<"muster" | "fleet">;
  allow_private_addresses: Generated<boolean>;
  signing_secret: string | null;
  recipients: Generated<string[]>;
  batch_seconds: Generated<number>;
  author_full_name: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface NotificationItemsTable {
  rule_id: number;
  vulnerability_id: number;
  subject_id: number;
  created_at: Timestamp;
}

export interface NotificationDeliveriesTable {
  id: Generated<number>;
  rule_id: number;
  idempotency_key: Generated<string>;
  payload: ColumnType<unknown, string, never>;
  vulnerabilities_count: number;
  state: Generated<"waiting" | "delivered" | "failed">;
  attempts: Generated<number>;
  next_attempt_at: Timestamp;
  status: number | null;
  error: string | null;
  replay_of: number | null;
  created_at: Timestamp;
  delivered_at: NullableTimestamp;
}

export interface JudgementTables {
  vulnerability_decisions: VulnerabilityDecisionsTable;
  vex_documents: VexDocumentsTable;
  vex_statements: VexStatementsTable;
  finding_vex_statements: FindingVexStatementsTable;
  suppressions: SuppressionsTable;
  fix_times: FixTimesTable;
  fix_time_days: FixTimeDaysTable;
  fix_time_days_counted: FixTimeDaysCountedTable;
  fix_queue: FixQueueTable;
  fix_findings: FixFindingsTable;
  fix_queue_changes: FixQueueChangesTable;
  fix_subjects: FixSubjectsTable;
  label_fixes: LabelFixesTable;
  label_fix_counts: LabelFixCountsTable;
  label_member_changes: LabelMemberChangesTable;
  finding_events: FindingEventsTable;
  notification_told: NotificationToldTable;
  notification_rules: NotificationRulesTable;
  notification_items: NotificationItemsTable;
  notification_deliveries: NotificationDeliveriesTable;
}
