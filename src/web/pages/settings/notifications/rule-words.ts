import { sourceLabel } from "#domain/software/sources.ts";
import type { NotificationRule } from "#protocol/rest/notifications.ts";
import { formatDuration } from "../../../parts/format.ts";
import { formatProbability, SEVERITY_LABELS, stateLabel } from "../../../parts/vulnerability/severity.tsx";

/** What a rule asks of a new finding, as one phrase. */
export function conditionWords({ conditions }: NotificationRule, labelName: (id: number) => string): string {
  const { min_severity, min_epss, kev, label_id, sources, states } = conditions;
  const words = [
    min_severity === undefined ? "" : `${SEVERITY_LABELS[min_severity] ?? min_severity} or worse`,
    min_epss === undefined ? "" : `EPSS at least ${formatProbability(min_epss)}`,
    kev === true ? "known to be exploited" : "",
    label_id === undefined ? "" : `on devices of ${labelName(label_id)}`,
    sources === undefined || sources.length === 0 ? "" : `in ${sources.map(sourceLabel).join(", ")}`,
    states === undefined || states.length === 0 ? "" : states.map(stateLabel).join(" or ").toLowerCase(),
  ].filter((part) => part !== "");
  return words.length === 0 ? "every new vulnerability" : words.join("; ");
}

/** Where a rule's messages go. */
export function targetWords({ channel, url, recipients }: NotificationRule): string {
  return channel === "webhook" ? (url ?? "") : recipients.join(", ");
}

/** How long findings are collected before a message goes out. */
export function batchWords({ batch_seconds }: NotificationRule): string {
  return batch_seconds === 0 ? "at once" : `collected for ${formatDuration(batch_seconds)}`;
}
