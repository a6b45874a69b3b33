import { useQueries, useQuery } from "@tanstack/react-query";
import { LIVE } from "../../data/queries.ts";
import { vulnerabilitiesQuery } from "../../data/vulnerability-queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { DangerMark, SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { paths } from "../../paths.ts";
import { FigureRow } from "../../ui/figures.tsx";
import { Cluster, Panel, Prose } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { vulnerabilityFigures, WATCHED } from "./vulnerability-figures.ts";

const TOP = 8;

/** How many vulnerabilities there are, and of which kind. */
export function VulnerabilityTotals() {
  const answers = useQueries({
    queries: WATCHED.map(({ filter }) => ({
      ...vulnerabilitiesQuery({ ...filter, per_page: 1 }),
      refetchInterval: LIVE.dashboard,
    })),
  });
  const figures = vulnerabilityFigures(answers.map(({ data }) => data?.count));
  return <FigureRow figures={figures} link={(href, children) => <A href={href}>{children}</A>} />;
}

/** The vulnerabilities to look at first. */
export function WorstVulnerabilities() {
  const worst = useQuery({
    ...vulnerabilitiesQuery({ order_key: "priority", order_direction: "desc", per_page: TOP }),
    refetchInterval: LIVE.dashboard,
  });
  return (
    <Panel title="Vulnerabilities" note="highest priority" action={<A href={paths.vulnerabilities()}>All</A>} flush>
      <Answer of={worst} what="vulnerabilities" shape={<SkeletonLines count={5} />}>
        {({ vulnerabilities }) =>
          vulnerabilities.length === 0 ? (
            <Prose>
              <p>
                None is open. <A href={paths.feeds()}>See which feeds are loaded</A>
              </p>
            </Prose>
          ) : (
            <SimpleTable
              label="Vulnerabilities of highest priority"
              head={["Vulnerability", "Severity", "Devices"]}
              rows={vulnerabilities.map((row) => ({
                key: row.cve,
                cells: [
                  <A key="cve" href={paths.vulnerability(row.cve)}>
                    {row.cve}
                  </A>,
                  <Cluster key="severity">
                    <SeverityMark severity={row.severity} score={row.cvss_score} />
                    <DangerMark of={row} />
                  </Cluster>,
                  <A
                    key="devices"
                    href={paths.devices({ vulnerability: row.cve })}
                    aria-label={`${countOf(row.hosts_count, "device")} with ${row.cve}`}
                  >
                    {row.hosts_count}
                  </A>,
                ],
              }))}
            />
          )
        }
      </Answer>
    </Panel>
  );
}
