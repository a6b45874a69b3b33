import * as schedule from "#domain/inventory/schedule.ts";
import type { ReportScheduleInput } from "#domain/inventory/schedule.ts";

/** Is a full report of this host due now? The rule is the domain's (inventory/schedule.ts); a {@link NodeSession} fits as input. */
export function isReportDue(input: ReportScheduleInput): boolean {
  return schedule.isReportDue(input);
}
