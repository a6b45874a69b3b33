import { detailsLink } from "#domain/vulnerability/details-link.ts";
import type { VulnerabilityOfSoftware } from "#protocol/rest/vulnerability-shapes.ts";
import { decimal, presentConfidence, presentState, severityOf } from "../lists/present-vulnerability.ts";

/** What of a finding, and of its vulnerability, is shown wherever software carries it. */
export interface FindingRow {
  cve: string;
  cvss_score: number | null;
  epss: number | null;
  kev: boolean;
  ransomware: boolean;
  exploit: boolean;
  malware: boolean;
  published: Date | null;
  description: string;
  severity: string;
  priority: number;
  due_at: Date | null;
  state: string;
  confidence: string;
  resolved_in_version: string | null;
  suppressed: string | null;
  opened_at: Date;
}

/** A finding in Fleet's fields and Muster's. */
export function presentFinding(row: FindingRow): VulnerabilityOfSoftware {
  return {
    cve: row.cve,
    details_link: detailsLink(row.cve),
    cvss_score: row.cvss_score === null ? null : decimal(row.cvss_score, 1),
    epss_probability: row.epss === null ? null : decimal(row.epss, 5),
    cisa_known_exploit: row.kev,
    cve_published: row.published?.toISOString() ?? null,
    cve_description: row.description,
    created_at: row.opened_at.toISOString(),
    resolved_in_version: row.resolved_in_version,
    severity: severityOf(row.severity),
    ransomware: row.ransomware,
    exploit: row.exploit,
    malware: row.malware,
    priority: decimal(row.priority, 1),
    state: presentState(row.state),
    confidence: presentConfidence(row.confidence),
    suppressed: row.suppressed,
    due_at: row.due_at?.toISOString() ?? null,
  };
}
