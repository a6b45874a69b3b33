import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listHostVulnerabilities } from "#protocol/rest/vulnerabilities.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { DueDate } from "../../parts/vulnerability/due-date.tsx";
import { DangerMarks, FindingState, formatProbability, SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { Clip, Mono, Quiet, Tag } from "../../ui/text.tsx";

/** A finding of a device as a row of a table, which wants a number of its own. */
export type DeviceFinding = EndpointResult<typeof listHostVulnerabilities>["vulnerabilities"][number] & { id: number };

const column = columnHelper<DeviceFinding>();

/** Software with its version, and of a kernel whether it runs. */
export function SoftwareOf({ finding }: { finding: DeviceFinding }) {
  return (
    <>
      <Clip text={`${finding.name} ${finding.version}`.trim()} />
      {finding.running === true && <Tag>running</Tag>}
      {finding.running === false && <Tag>installed, not running</Tag>}
    </>
  );
}

/** The version that fixes it; without one what the vendor says of a fix. What is suppressed says that first. */
function FixOf({ finding }: { finding: DeviceFinding }) {
  if (finding.suppressed !== null) {
    return (
      <span data-tip={finding.suppressed}>
        <Quiet>Suppressed</Quiet>
      </span>
    );
  }
  const { resolved_in_version: version, state } = finding;
  return version === null ? <FindingState state={state} /> : <Clip text={version} mono />;
}

export const DEVICE_FINDING_COLUMNS: Column<DeviceFinding>[] = [
  column.accessor("cve", {
    header: "Vulnerability",
    cell: ({ getValue }) => <Mono>{getValue()}</Mono>,
    meta: { orderKey: "cve", firstDirection: "desc", width: "short", room: 1 },
  }),
  column.accessor("severity", {
    header: "Severity",
    cell: ({ row }) => <SeverityMark severity={row.original.severity} score={row.original.cvss_score} />,
    meta: { orderKey: "severity", firstDirection: "desc", width: "short", room: 1 },
  }),
  column.display({
    id: "urgency",
    header: "Urgency",
    cell: ({ row }) => <DangerMarks of={row.original} />,
    meta: { width: "mid", room: 3 },
  }),
  column.accessor("name", {
    id: "software",
    header: "Software",
    cell: ({ row }) => <SoftwareOf finding={row.original} />,
    meta: { orderKey: "software", room: 2, tip: "What has it on this device; of kernels whether it runs now" },
  }),
  column.accessor("resolved_in_version", {
    header: "Fixed in",
    cell: ({ row }) => <FixOf finding={row.original} />,
    meta: { width: "mid", room: 3, tip: "The first fixed version, else what the vendor says of a fix" },
  }),
  column.accessor("epss_probability", {
    header: "EPSS",
    cell: ({ getValue }) => formatProbability(getValue()),
    meta: { orderKey: "epss_probability", firstDirection: "desc", width: "tiny", align: "end", room: 3 },
  }),
  column.accessor("due_at", {
    header: "Due",
    cell: ({ getValue }) => <DueDate due={getValue()} />,
    meta: { width: "number", room: 4, tip: "By when it is to be fixed, by the times set for its severity" },
  }),
  column.accessor("priority", {
    header: "Priority",
    cell: ({ getValue }) => Math.round(getValue()),
    meta: {
      orderKey: "priority",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 2,
      tip: "From 0 to 100: severity, exploitation, and how far it reaches here",
    },
  }),
  column.accessor((finding) => (finding.source === "operating_systems" ? "Operating system" : sourceLabel(finding.source)), {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { width: "mid", room: 4, extra: true },
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
      tip: "When this software was found to have it",
    },
  }),
];
