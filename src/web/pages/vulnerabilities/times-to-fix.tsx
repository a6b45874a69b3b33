import { useQuery } from "@tanstack/react-query";
import { slaQuery } from "../../data/vulnerability-judgement.ts";
import { Answer } from "../../parts/answers.tsx";
import { formatCount, formatDuration } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { paths } from "../../paths.ts";
import { Panel } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Quiet } from "../../ui/text.tsx";

/** How the time limits are kept, by severity: what is overdue, and how long fixes took. */
export function TimesToFix() {
  const sla = useQuery(slaQuery);
  return (
    <Panel
      title="Time to fix"
      note="fixes of the last 30 days: from when a device had it until it no longer held the software"
      action={<A href={paths.settings("vulnerabilities")}>Time limits</A>}
    >
      <Answer of={sla} what="times to fix">
        {({ by_severity }) => (
          <SimpleTable
            label="Time to fix by severity"
            head={["Severity", "Open", "Overdue", "Due within 7 days", "Fixed in 30 days", "Median time to fix"]}
            rows={by_severity
              .filter((row) => row.open_count + row.fixed_count > 0)
              .map((row) => ({
                key: row.severity,
                cells: [
                  <SeverityMark key="severity" severity={row.severity} />,
                  <A key="open" href={paths.vulnerabilities({ severity: row.severity })}>
                    {formatCount(row.open_count)}
                  </A>,
                  <A key="late" href={paths.vulnerabilities({ severity: row.severity, overdue: true })}>
                    {formatCount(row.overdue_count)}
                  </A>,
                  <A
                    key="soon"
                    href={paths.vulnerabilities({ severity: row.severity, order_key: "due_at", order_direction: "asc" })}
                  >
                    {formatCount(row.due_soon_count)}
                  </A>,
                  formatCount(row.fixed_count),
                  row.median_fix_seconds === null ? (
                    <Quiet key="median">nothing fixed yet</Quiet>
                  ) : (
                    formatDuration(row.median_fix_seconds)
                  ),
                ],
              }))}
          />
        )}
      </Answer>
    </Panel>
  );
}
