import type { UnidentifiedTitle } from "#protocol/rest/product-identities.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { countOf, formatCount } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { columnHelper } from "../../../parts/table/features.ts";
import type { Column } from "../../../parts/table/features.ts";
import { paths } from "../../../paths.ts";
import { Clip } from "../../../ui/text.tsx";

/** A title as a row of a table, which wants a number of its own. */
export type UnidentifiedRow = UnidentifiedTitle & { id: number };

const column = columnHelper<UnidentifiedRow>();

export const unidentifiedColumns: Column<UnidentifiedRow>[] = [
  column.accessor("name", {
    header: "Software",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { room: 1 },
  }),
  column.accessor((row) => sourceLabel(row.source), {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { width: "mid", room: 2 },
  }),
  column.accessor("vendor", {
    header: "Vendor",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { width: "short", room: 4 },
  }),
  column.accessor("version", {
    header: "For example",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { width: "short", room: 3, tip: "One of its versions that are unidentified" },
  }),
  column.accessor((row) => row.suggestions.map(({ product }) => product).join(", "), {
    id: "suggestions",
    header: "Perhaps",
    cell: ({ getValue }) => <Clip text={getValue() || "no suggestion"} mono={getValue() !== ""} />,
    meta: { width: "wide", room: 3, tip: "Products whose names are alike; nothing is matched by likeness" },
  }),
  column.accessor("hosts_count", {
    header: "Devices",
    cell: ({ row, getValue }) => (
      <A
        href={paths.devices({ software_title_id: row.original.software_title_id })}
        aria-label={`${countOf(getValue(), "device")} with ${row.original.name}`}
        tabIndex={-1}
      >
        {formatCount(getValue())}
      </A>
    ),
    meta: {
      orderKey: "hosts_count",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 1,
      tip: "Devices that hold a version that is unidentified",
    },
  }),
];
