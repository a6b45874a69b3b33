import { sourceLabel } from "#domain/software/sources.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { Nothing } from "../../parts/answers.tsx";
import { formatCount, formatDuration } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Facts, Panel, Stack } from "../../ui/layout.tsx";
import { SimpleTable } from "../../ui/simple-table.tsx";
import { State } from "../../ui/state.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";

const AGENT_LABELS: Record<string, string> = { muster: "Muster agent", osquery: "osquery", orbit: "orbit (fleetd)" };

/** Who reports for the device, and what each source of software last said. */
export function DeviceSourcesTab({ host }: { host: HostDetail }) {
  return (
    <Stack gap={6}>
      <Agents host={host} />
      <Sources host={host} />
      {host.distributed_interval > 0 && (
        <Panel title="Rhythm">
          <Facts
            facts={[
              { label: "Asks for questions", value: `every ${formatDuration(host.distributed_interval)}` },
              {
                label: "Reads its configuration",
                value: host.config_tls_refresh > 0 ? `every ${formatDuration(host.config_tls_refresh)}` : "",
              },
              {
                label: "Sends its log",
                value: host.logger_tls_period > 0 ? `every ${formatDuration(host.logger_tls_period)}` : "",
              },
            ]}
          />
        </Panel>
      )}
    </Stack>
  );
}

function Agents({ host }: { host: HostDetail }) {
  return (
    <Panel title="Agents" note="programs on the device that report to this server" flush>
      <SimpleTable
        label="Agents"
        head={["Agent", "Version", "Enrolled", "Identifies itself as"]}
        rows={host.agents.map((agent) => ({
          key: `${agent.agent} ${agent.identifier}`,
          cells: [
            AGENT_LABELS[agent.agent] ?? agent.agent,
            <Mono key="v">{agent.version || "not reported"}</Mono>,
            <RelativeTime key="t" time={agent.enrolled_at} />,
            <Mono key="i">{agent.identifier}</Mono>,
          ],
        }))}
      />
    </Panel>
  );
}

function Sources({ host }: { host: HostDetail }) {
  if (host.sources.length === 0) {
    return (
      <Panel title="Sources">
        <Nothing title="No source has reported yet">
          <p>
            A source is a place that software is found in, such as the package database. The first report follows soon after
            enrolling.
          </p>
        </Nothing>
      </Panel>
    );
  }
  return (
    <Panel title="Sources" note="places that software is found in" flush>
      <SimpleTable
        label="Sources"
        head={["Source", "State", "Software", "Reported"]}
        rows={failedFirst(host.sources).map((s) => ({
          key: s.source,
          cells: [
            <A key="s" href={paths.device(host.id, "software", { source: s.source })}>
              {sourceLabel(s.source)}
            </A>,
            s.error === null ? (
              <State key="e" tone="ok">
                Reported
              </State>
            ) : (
              <Stack key="e" gap={1}>
                <State tone="warn">Failed</State>
                <Mono>{s.error}</Mono>
                <Quiet small>What is shown of this source is from its last good report.</Quiet>
              </Stack>
            ),
            formatCount(s.rows_count),
            <RelativeTime key="t" time={s.updated_at} />,
          ],
        }))}
      />
    </Panel>
  );
}

/** What needs a look comes first, then what holds the most. */
function failedFirst(sources: HostDetail["sources"]): HostDetail["sources"] {
  return sources.toSorted((a, b) => Number(b.error !== null) - Number(a.error !== null) || b.rows_count - a.rows_count);
}
