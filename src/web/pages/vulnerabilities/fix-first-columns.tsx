import type { FixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { kindOfHost } from "../../parts/vulnerability/kind-of-host.ts";
import { paths } from "../../paths.ts";
import { Clip } from "../../ui/text.tsx";
import { devicesToUpdate, vulnerabilitiesOf } from "./fix-first-links.ts";

const column = columnHelper<FixFirst>();

/** What is updated: software by its source, or an operating system. */
export function kindOf({ source }: Pick<FixFirst, "source">): string {
  return source === "operating_systems" ? "Operating system" : sourceLabel(source);
}

/** A count as a link to its rows where there are such; plain where no list has exactly these. */
function Count({ value, href, label }: { value: number; href: string | undefined; label: string }) {
  if (href === undefined) return <span>{formatCount(value)}</span>;
  return (
    <A href={href} aria-label={label} tabIndex={-1}>
      {formatCount(value)}
    </A>
  );
}

const WHAT: Column<FixFirst>[] = [
  column.accessor("name", {
    header: "Update",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { room: 1, tip: "What to update: a title, a source package, an operating system" },
  }),
  column.accessor("resolved_in_version", {
    header: "To version",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { width: "wide", room: 2, tip: "The lowest version that clears all of them" },
  }),
  column.accessor(kindOf, {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { width: "mid", room: 3 },
  }),
];

/** Where it is to be updated. */
function placeColumns(labelId: number | undefined): Column<FixFirst>[] {
  return [
    column.accessor("os_scope", {
      header: "On",
      cell: ({ getValue }) =>
        getValue() === "" ? (
          "any"
        ) : (
          <A
            href={paths.fixFirst({ os_scope: getValue(), label_id: labelId })}
            aria-label={`All updates on ${kindOfHost(getValue())}`}
            tabIndex={-1}
          >
            <Clip text={kindOfHost(getValue())} />
          </A>
        ),
      meta: { width: "short", room: 3, tip: "The kind of host that it is for" },
    }),
    column.accessor("hosts_count", {
      header: "Devices",
      cell: ({ row: { original: fix } }) => (
        <Count
          value={fix.hosts_count}
          href={devicesToUpdate(fix, labelId)}
          label={`${countOf(fix.hosts_count, "device")} with ${fix.name}`}
        />
      ),
      meta: {
        orderKey: "hosts_count",
        firstDirection: "desc",
        width: "number",
        align: "end",
        room: 1,
        tip: "Devices that hold a version to update",
      },
    }),
  ];
}

const GAIN: Column<FixFirst>[] = [
  column.accessor("vulnerabilities_count", {
    header: "Clears",
    cell: ({ row: { original: fix } }) => (
      <Count
        value={fix.vulnerabilities_count}
        href={vulnerabilitiesOf(fix)}
        label={`${countOf(fix.vulnerabilities_count, "vulnerability", "vulnerabilities")} of ${fix.name}`}
      />
    ),
    meta: {
      orderKey: "vulnerabilities_count",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 2,
      tip: "Vulnerabilities that this one update clears",
    },
  }),
  column.accessor("known_exploited_count", {
    header: "Exploited",
    cell: ({ getValue }) => formatCount(getValue()),
    meta: {
      orderKey: "known_exploited_count",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 2,
      tip: "Of them known to be exploited (CISA KEV)",
    },
  }),
  column.accessor("risk", {
    header: "Risk cleared",
    cell: ({ getValue }) => formatCount(Math.round(getValue())),
    meta: {
      orderKey: "risk",
      firstDirection: "desc",
      width: "time",
      align: "end",
      room: 1,
      tip: "Priority of each vulnerability times the devices with it, added up",
    },
  }),
];

/** @param labelId the label that the list is of */
export function fixFirstColumns(labelId: number | undefined): Column<FixFirst>[] {
  return [...WHAT, ...placeColumns(labelId), ...GAIN];
}
