import type { HostDetail } from "#protocol/rest/hosts.ts";
import { countOf, formatBytes, formatDuration } from "../../parts/format.ts";
import { platformLabel } from "../../parts/host.tsx";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { paths } from "../../paths.ts";
import { Columns, Facts, Panel } from "../../ui/layout.tsx";

/** Everything the device's agents say about it, in groups. */
export function DeviceDetailsTab({ host }: { host: HostDetail }) {
  return (
    <Columns min="medium">
      <Panel title="Identity">
        <Facts
          facts={[
            { label: "Host name", value: host.hostname, mono: true },
            { label: "Computer name", value: host.computer_name },
            { label: "Hardware UUID", value: host.uuid, mono: true },
            { label: "Serial number", value: host.hardware_serial, mono: true },
            { label: "Muster's number", value: String(host.id), mono: true },
          ]}
        />
      </Panel>
      <Panel title="Operating system">
        <Facts facts={systemFacts(host)} />
      </Panel>
      <Panel title="Hardware">
        <Facts facts={hardwareFacts(host)} />
      </Panel>
      <Panel title="Network">
        <Facts
          facts={[
            { label: "Primary address", value: host.primary_ip, mono: true },
            { label: "Hardware address", value: host.primary_mac, mono: true },
            { label: "Seen from", value: host.public_ip, mono: true },
          ]}
        />
      </Panel>
      <Panel title="Times">
        <Facts
          facts={[
            { label: "Seen", value: <RelativeTime time={host.seen_time} /> },
            { label: "Facts reported", value: <RelativeTime time={host.detail_updated_at} never="not yet" /> },
            { label: "Software changed", value: <RelativeTime time={host.software_updated_at} never="not yet" /> },
            { label: "Enrolled", value: <RelativeTime time={host.last_enrolled_at} /> },
            { label: "First known", value: <RelativeTime time={host.created_at} /> },
            { label: "Restarted", value: <RelativeTime time={host.last_restarted_at} never="not reported" /> },
          ]}
        />
      </Panel>
    </Columns>
  );
}

function systemFacts(host: HostDetail) {
  const system = host.os_version;
  return [
    {
      label: "System",
      value: host.os_version_id === null ? system : <A href={paths.devices({ os_version_id: host.os_version_id })}>{system}</A>,
    },
    { label: "Platform", value: host.platform === "" ? "" : `${platformLabel(host.platform)} (${host.platform})` },
    { label: "Build", value: host.build, mono: true },
    { label: "Code name", value: host.code_name },
    { label: "Architecture", value: host.cpu_type, mono: true },
    { label: "Running for", value: host.uptime > 0 ? formatDuration(host.uptime / 1e9) : "" },
    { label: "Time zone", value: host.timezone },
  ];
}

function hardwareFacts(host: HostDetail) {
  const { cpu_physical_cores: cores, cpu_logical_cores: threads } = host;
  const disk = host.gigs_total_disk_space;
  return [
    { label: "Vendor", value: host.hardware_vendor },
    { label: "Model", value: [host.hardware_model, host.hardware_version].filter((v) => v && v !== "-1").join(" ") },
    { label: "Processor", value: host.cpu_brand },
    {
      label: "Cores",
      value: threads > 0 ? [cores > 0 && countOf(cores, "core"), countOf(threads, "thread")].filter(Boolean).join(", ") : "",
    },
    { label: "Memory", value: formatBytes(host.memory) },
    {
      label: "Disk",
      value:
        disk > 0
          ? `${host.gigs_disk_space_available.toFixed(0)} GB free of ${disk.toFixed(0)} GB (${host.percent_disk_space_available.toFixed(0)} %)`
          : "",
    },
  ];
}
