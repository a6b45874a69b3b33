import type { Metrics } from "../observe/metrics.ts";
import type { PreparedReport } from "./prepare-report.ts";

/** What ingestion counts. */
export interface IngestMetrics {
  rowsReceived(report: PreparedReport): void;
  /** A report that repeats the last one byte for byte, and was not read. */
  reportRepeated(rowCount: number): void;
  reportDone(result: { changed: boolean; added: number; removed: number; updated: number }): void;
  reportFailed(): void;
  retried(): void;
  replicaBehind(): void;
}

export function createIngestMetrics(metrics: Metrics): IngestMetrics {
  const reports = metrics.counter("muster_inventory_reports_total", "Software reports of hosts, by outcome.", ["result"]);
  const rows = metrics.counter("muster_inventory_rows_total", "Software rows received.");
  const altered = metrics.counter("muster_inventory_rows_altered_total", "Received rows left out or altered, by reason.", [
    "reason",
  ]);
  const links = metrics.counter("muster_inventory_links_total", "Links of hosts to software written, by change.", ["change"]);
  const retries = metrics.counter("muster_inventory_retries_total", "Check-ins that started over after a conflict.");
  const behind = metrics.counter(
    "muster_inventory_replica_behind_total",
    "Reads repeated on the primary because the replica lagged.",
  );
  return {
    rowsReceived(report) {
      rows.inc(report.rows);
      for (const [reason, count] of report.notes) altered.inc({ reason }, count);
    },
    reportRepeated(rowCount) {
      rows.inc(rowCount);
      reports.inc({ result: "unchanged" });
    },
    reportDone({ changed, added, removed, updated }) {
      reports.inc({ result: changed ? "changed" : "unchanged" });
      if (added > 0) links.inc({ change: "added" }, added);
      if (removed > 0) links.inc({ change: "removed" }, removed);
      if (updated > 0) links.inc({ change: "updated" }, updated);
    },
    reportFailed: () => reports.inc({ result: "failed" }),
    retried: () => retries.inc(),
    replicaBehind: () => behind.inc(),
  };
}
