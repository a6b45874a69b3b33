import type { Severity } from "#domain/vulnerability/model.ts";

const SEVERITIES: Readonly<Record<string, Severity>> = {
  critical: "critical",
  important: "high",
  high: "high",
  moderate: "medium",
  medium: "medium",
  low: "low",
  negligible: "low",
  none: "none",
};

/** A distribution's word for how bad something is (`Important`, `moderate`, `high**`) in the words of the common model. */
export function severityOf(word: string | null | undefined): Severity | undefined {
  return word === null || word === undefined ? undefined : SEVERITIES[word.trim().toLowerCase().replace(/\*+$/u, "")];
}
