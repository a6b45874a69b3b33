import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getVulnerability } from "#protocol/rest/vulnerabilities.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { FindingState } from "../../parts/vulnerability/severity.tsx";
import { paths } from "../../paths.ts";
import type { VulnerabilitySearch } from "../../search-vulnerabilities.ts";
import { Columns, Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { AffectedSoftware } from "./affected-software.tsx";
import { VulnerabilityFacts } from "./vulnerability-facts.tsx";
import { VulnerabilityScores, VulnerabilityVectors } from "./vulnerability-scores.tsx";

export type VulnerabilityAnswer = EndpointResult<typeof getVulnerability>;
type System = NonNullable<VulnerabilityAnswer["os_versions"]>[number];

/** What it is, and everything here that has it. */
export function AffectedTab({ data, search }: { data: VulnerabilityAnswer; search: VulnerabilitySearch }) {
  const { vulnerability } = data;
  const systems = data.os_versions ?? [];
  const isHere = vulnerability.created_at !== null;
  return (
    <Stack gap={6}>
      {!isHere && <NotHere cve={vulnerability.cve} />}
      <Columns min="large">
        <VulnerabilityFacts of={vulnerability} />
        <Stack gap={6}>
          <VulnerabilityScores of={vulnerability} />
          <VulnerabilityVectors of={vulnerability.details?.cvss ?? []} />
        </Stack>
      </Columns>
      {systems.length > 0 && <Systems cve={vulnerability.cve} systems={systems} search={search} />}
      {vulnerability.software_count > systems.length && <AffectedSoftware cve={vulnerability.cve} search={search} />}
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
