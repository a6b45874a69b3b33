import type { Host } from "#protocol/rest/hosts.ts";
import { formatBytes, formatCount } from "../../parts/format.ts";
import { agentWords, HostState, platformLabel, PlatformIcon } from "../../parts/host.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { Beside } from "../../ui/layout.tsx";
import { Clip, Quiet } from "../../ui/text.tsx";

const column = columnHelper<Host>();

/** Everything that a list of devices can show; `extra` columns wait in the column menu. */
export const DEVICE_COLUMNS: Column<Host>[] = [
  column.accessor("display_name", {
    header: "Device",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "display_name", room: 1 },
  }),
  column.accessor("status", {
    header: "Status",
    cell: ({ getValue }) => <HostState status={getValue()} />,
    meta: {
      orderKey: "status",
      firstDirection: "desc",
      width: "number",
      room: 1,
      tip: "Whether the device is heard of as often as its agent polls",
    },
  }),
  column.accessor("os_version", {
    header: "Operating system",
    cell: ({ row, getValue }) => (
      <Beside icon={<PlatformIcon platform={row.original.platform} />}>
        <Clip text={getValue() || platformLabel(row.original.platform)} />
      </Beside>
    ),
    meta: { orderKey: "os_version", width: "wide", room: 2 },
  }),
  column.accessor("platform", {
    header: "Platform",
    cell: ({ getValue }) => platformLabel(getValue()),
    meta: { orderKey: "platform", width: "short", room: 3, extra: true },
  }),
  column.accessor("software_count", {
    header: "Software",
    cell: ({ getValue }) => formatCount(getValue()),
    meta: {
      orderKey: "software_count",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 3,
      tip: "Software rows on the device, as of its last report",
    },
  }),
  column.accessor("hardware_model", {
    header: "Model",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "hardware_model", width: "mid", room: 4 },
  }),
  column.accessor("hardware_serial", {
    header: "Serial",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { orderKey: "hardware_serial", width: "mid", room: 4, extra: true },
  }),
  column.accessor("primary_ip", {
    header: "IP address",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { orderKey: "primary_ip", width: "short", room: 4 },
  }),
  column.accessor("memory", {
    header: "Memory",
    cell: ({ getValue }) => formatBytes(getValue()),
    meta: { orderKey: "memory", firstDirection: "desc", width: "number", align: "end", room: 4, extra: true },
  }),
  column.accessor((host) => agentWords(host), {
    id: "agents",
    header: "Agents",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: {
      orderKey: "agents",
      width: "mid",
      room: 4,
      extra: true,
      exported: ["muster_version", "osquery_version", "orbit_version"],
    },
  }),
  column.accessor("software_updated_at", {
    header: "Software since",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: {
      orderKey: "software_updated_at",
      firstDirection: "desc",
      width: "time",
      room: 4,
      extra: true,
      tip: "When the device's software last changed here",
    },
  }),
  column.accessor("created_at", {
    header: "First seen",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: {
      orderKey: "created_at",
      firstDirection: "desc",
      width: "time",
      room: 4,
      extra: true,
      tip: "When the device first enrolled",
    },
  }),
  column.accessor("last_enrolled_at", {
    header: "Enrolled",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: { orderKey: "last_enrolled_at", firstDirection: "desc", width: "time", room: 4, extra: true },
  }),
  column.accessor("seen_time", {
    header: "Seen",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: { orderKey: "seen_time", firstDirection: "desc", width: "time", room: 2, tip: "When the device was last heard of" },
  }),
];

/** What a narrow screen says below a device's name. */
export function deviceSecondLine(host: Host) {
  return (
    <>
      <span>{host.os_version || platformLabel(host.platform)}</span>
      <Quiet>
        <RelativeTime time={host.seen_time} />
      </Quiet>
    </>
  );
}
