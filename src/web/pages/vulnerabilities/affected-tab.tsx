import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getVulnerability } from "#protocol/rest/vulnerabilities.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { FindingState } from "../../parts/vulnerability/severity.tsx";
import { paths } from "../../paths.ts";
import type { VulnerabilitySearch } from "../../search-vulnerabilities.ts";
import { Columns, Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { VulnerabilityFacts } from "./vulnerability-facts.tsx";
import { VulnerabilityScores, VulnerabilityVectors } from "./vulnerability-scores.tsx";

export type VulnerabilityAnswer = EndpointResult<typeof getVulnerability>;
type Software = NonNullable<VulnerabilityAnswer["software"]>[number];
type System = NonNullable<VulnerabilityAnswer["os_versions"]>[number];

/** What it is, and everything here that has it. */
export function AffectedTab({ data, search }: { data: VulnerabilityAnswer; search: VulnerabilitySearch }) {
  const { vulnerability } = data;
  const software = data.software ?? [];
  const systems = data.os_versions ?? [];
  const isHere = software.length > 0 || systems.length > 0;
  return (
    <Stack gap={6}>
      {!isHere && <NotHere cve={vulnerability.cve} />}
      <Columns min="large">
        <Stack gap={6}>
          <VulnerabilityFacts of={vulnerability} />
          <VulnerabilityVectors of={vulnerability.details?.cvss ?? []} />
        </Stack>
        <VulnerabilityScores of={vulnerability} />
      </Columns>
      {systems.length > 0 && <Systems cve={vulnerability.cve} systems={systems} search={search} />}
      {software.length > 0 && <SoftwareRows cve={vulnerability.cve} software={software} search={search} />}
    </Stack>
  );
}

function NotHere({ cve }: { cve: string }) {
  return (
    <Nothing title="Nothing here has it">
      <p>
        {cve} is known to the feeds that are loaded, and no software or operating system of your devices was found to have it. Ask
        about a device or software to read why.
      </p>
    </Nothing>
  );
}

function SoftwareRows({ cve, software, search }: { cve: string; software: Software[]; search: VulnerabilitySearch }) {
  return (
    <Panel title="Software" note={countOf(software.length, "version")} flush>
      <SimpleTable
        label={`Software with ${cve}`}
        head={["Software", "Version", "Fixed in", "State", "Devices", "Evidence"]}
        rows={software.map((row) => ({
          key: `${row.id}-${row.os_scope}`,
          cells: [
            <Stack gap={1} key="name">
              <A href={paths.softwareVersion(row.id)}>{row.name}</A>
              <Quiet small>{[sourceLabel(row.source), row.os_scope].filter((words) => words !== "").join(", ")}</Quiet>
            </Stack>,
            <Mono key="version">{row.release === undefined ? row.version : `${row.version}-${row.release}`}</Mono>,
            row.resolved_in_version === null ? (
              <Quiet key="fix">none known</Quiet>
            ) : (
              <Mono key="fix">{row.resolved_in_version}</Mono>
            ),
            row.suppressed === null ? (
              <FindingState key="state" state={row.state} />
            ) : (
              <span key="state" data-tip={row.suppressed}>
                Suppressed
              </span>
            ),
            <A
              key="devices"
              href={paths.devices({ software_version_id: row.id, vulnerability: cve })}
              aria-label={`${countOf(row.hosts_count, "device")} with ${row.name} ${row.version}`}
            >
              {formatCount(row.hosts_count)}
            </A>,
            <WhyLink key="why" cve={cve} search={search} why={`software-${row.id}`} />,
          ],
        }))}
      />
    </Panel>
  );
}

function Systems({ cve, systems, search }: { cve: string; systems: System[]; search: VulnerabilitySearch }) {
  return (
    <Panel title="Operating systems" note={countOf(systems.length, "version")} flush>
      <SimpleTable
        label={`Operating systems with ${cve}`}
        head={["Operating system", "Fixed in", "State", "Devices", "Evidence"]}
        rows={systems.map((row) => ({
          key: String(row.os_version_id),
          cells: [
            row.name,
            row.resolved_in_version === null ? (
              <Quiet key="fix">none known</Quiet>
            ) : (
              <Mono key="fix">{row.resolved_in_version}</Mono>
            ),
            <FindingState key="state" state={row.state} />,
            <A
              key="devices"
              href={paths.devices({ os_version_id: row.os_version_id, vulnerability: cve })}
              aria-label={`${countOf(row.hosts_count, "device")} with ${row.name}`}
            >
              {formatCount(row.hosts_count)}
            </A>,
            <WhyLink key="why" cve={cve} search={search} why={`system-${row.os_version_id}`} />,
          ],
        }))}
      />
    </Panel>
  );
}

function WhyLink({ cve, search, why }: { cve: string; search: VulnerabilitySearch; why: string }) {
  return (
    <A href={paths.vulnerability(cve, "affected", { ...search, why })} keepScroll>
      Why?
    </A>
  );
}
