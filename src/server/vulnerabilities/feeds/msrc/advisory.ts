import type { AffectedRange, Severity } from "#domain/vulnerability/model.ts";
import type { MsrcFix, MsrcVulnerability } from "./document.ts";

/** A range with the update that ends it, and Microsoft's severity for the product. */
export function withAdvisory(range: AffectedRange, fix: MsrcFix, severity: Severity | undefined): AffectedRange {
  if (severity !== undefined) range.severity = severity;
  if (fix.kb !== "") {
    range.advisory = `KB${fix.kb}`;
    range.url = `https://support.microsoft.com/help/${fix.kb}`;
  } else if (fix.url.startsWith("https://")) {
    range.url = fix.url;
  }
  return range;
}

/** Microsoft's words (its "Security Update Severity Rating System"). */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  critical: "critical",
  important: "high",
  moderate: "medium",
  low: "low",
};

export function severityOf(vulnerability: MsrcVulnerability, product: string): Severity | undefined {
  const word = vulnerability.severities.get(product) ?? vulnerability.severities.get("") ?? "";
  return SEVERITIES[word.toLowerCase()];
}
