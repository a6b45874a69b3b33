import type { VulnerabilityDecision } from "#protocol/rest/vulnerability-decisions.ts";
import type { DecisionRow } from "./decision-store.ts";

export function presentDecision(row: DecisionRow): VulnerabilityDecision {
  return {
    id: row.id,
    kind: row.kind,
    cve: row.cve,
    software_version: named(row.software_id, row.names.software),
    os_version: named(row.operating_system_id, row.names.software),
    software_title: named(row.software_title_id, row.names.software),
    host: named(row.host_id, row.names.host),
    label: named(row.label_id, row.names.label),
    reason: row.reason,
    author_id: row.author_id,
    author_full_name: row.author_full_name,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    reopen_epss: row.reopen_epss,
    reopen_kev: row.reopen_kev,
    reopen_severity: row.reopen_severity,
    reopen_fix: row.reopen_fix,
    active: row.ended_at === null,
    ended_at: row.ended_at?.toISOString() ?? null,
    ended_reason: row.ended_reason,
    ended_by: row.ended_by,
    ended_note: row.ended_note,
    findings_count: row.findings_count,
  };
}

function named(id: number | null, name: string | null): { id: number; name: string } | null {
  return id === null ? null : { id, name: name ?? "" };
}
