import type { UnusedSoftware } from "#protocol/rest/history.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column, ColumnWords } from "../../parts/table/features.ts";
import { paths } from "../../paths.ts";
import { UNUSED_DAYS } from "../../search.ts";
import { Clip } from "../../ui/text.tsx";

const column = columnHelper<UnusedSoftware>();
const COUNT = { firstDirection: "desc", width: "number", align: "end" } as const satisfies ColumnWords;

/** The columns for software not opened for so many days; counts of devices lead to exactly these. */
export function unusedColumns(days: number): Column<UnusedSoftware>[] {
  const not_opened_for_days = UNUSED_DAYS.find((n) => n === days);
  return [
    column.accessor("display_name", {
      header: "Name",
      cell: ({ getValue }) => <Clip text={getValue()} />,
      meta: { orderKey: "name", room: 1 },
    }),
    column.accessor("unused_hosts_count", {
      header: "Not opened",
      cell: ({ getValue, row: { original: title } }) => (
        <A
          href={paths.devices({ software_title_id: title.id, not_opened_for_days })}
          aria-label={`${countOf(getValue(), "device")} that did not open ${title.name}`}
          tabIndex={-1}
        >
          {formatCount(getValue())}
        </A>
      ),
      meta: { ...COUNT, orderKey: "unused_hosts_count", room: 1, tip: "Devices that have it and did not open it" },
    }),
    column.accessor("never_opened_hosts_count", {
      header: "Of them never",
      cell: ({ getValue }) => formatCount(getValue()),
      meta: { ...COUNT, width: "short", orderKey: "never_opened_hosts_count", room: 2 },
    }),
    column.accessor("unknown_hosts_count", {
      header: "Unknown",
      cell: ({ getValue }) => formatCount(getValue()),
      meta: {
        ...COUNT,
        orderKey: "unknown_hosts_count",
        room: 3,
        tip: "Devices that do not tell whether they open it; never counted as unused",
      },
    }),
    column.accessor("hosts_count", {
      header: "Devices",
      cell: ({ getValue, row: { original: title } }) => (
        <A
          href={paths.devices({ software_title_id: title.id })}
          aria-label={`${countOf(getValue(), "device")} with ${title.name}`}
          tabIndex={-1}
        >
          {formatCount(getValue())}
        </A>
      ),
      meta: { ...COUNT, orderKey: "hosts_count", room: 2, tip: "Devices that held it when it was counted" },
    }),
    column.accessor((title) => sourceLabel(title.source), {
      id: "source",
      header: "Source",
      cell: ({ getValue }) => <Clip text={getValue()} />,
      meta: { orderKey: "source", width: "mid", room: 3 },
    }),
  ];
}
