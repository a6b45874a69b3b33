import type { PriorityFacts } from "#domain/vulnerability/judgement/priority.ts";
import type { SlaFacts } from "#domain/vulnerability/judgement/sla.ts";
import type { ExposureFacts } from "../matching/exposure-store.ts";

/**
 * What priority and clock are made of, for one exposure.
 *
 * @param fleet all hosts
 * @param used 0 to 1; null: not known
 */
export function judgeExposure(
  row: ExposureFacts,
  fleet: number,
  used: number | null,
): { facts: PriorityFacts; clockFacts: SlaFacts } {
  const { states, hosts_count, first_seen, exploited_since, severity, malware } = row;
  const { cvss_score, epss, kev, ransomware, exploit } = row;
  return {
    facts: {
      severity,
      cvss_score,
      epss,
      kev,
      ransomware,
      exploit,
      malware,
      fix_available: states.includes("affected"),
      hosts_count,
      fleet_count: Math.max(fleet, hosts_count),
      used,
    },
    clockFacts: { severity, malware, exploited_since, first_seen: first_seen.toISOString() },
  };
}
