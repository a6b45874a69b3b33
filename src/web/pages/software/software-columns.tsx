import { sourceLabel } from "#domain/software/sources.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column, ColumnWords } from "../../parts/table/features.ts";
import { SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { Clip } from "../../ui/text.tsx";

/** What titles and versions have in common. */
interface Listed {
  id: number;
  name: string;
  display_name: string;
  source: string;
  hosts_count: number;
  created_at: string;
}

export function nameColumn<R extends Listed>(): Column<R> {
  return columnHelper<R>().accessor((row) => row.display_name || row.name, {
    id: "name",
    header: "Name",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "name", room: 1 },
  });
}

export function sourceColumn<R extends Listed>(room: NonNullable<ColumnWords["room"]>): Column<R> {
  return columnHelper<R>().accessor((row) => sourceLabel(row.source), {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "source", width: "mid", room },
  });
}

/** The vendor, as a link to all that is of it. */
export function vendorColumn<R extends Listed & { vendor?: string }>(href: (vendor: string) => string, tip?: string): Column<R> {
  return columnHelper<R>().accessor((row) => row.vendor ?? "", {
    id: "vendor",
    header: "Vendor",
    cell: ({ getValue }) =>
      getValue() === "" ? (
        ""
      ) : (
        <A href={href(getValue())} aria-label={`All of ${getValue()}`} tabIndex={-1}>
          <Clip text={getValue()} />
        </A>
      ),
    meta: { orderKey: "vendor", width: "mid", room: 4, ...(tip === undefined ? {} : { tip }) },
  });
}

export function firstSeenColumn<R extends Listed>(): Column<R> {
  return columnHelper<R>().accessor((row) => row.created_at, {
    id: "created_at",
    header: "First seen",
    cell: ({ getValue }) => <RelativeTime time={getValue()} />,
    meta: {
      orderKey: "created_at",
      firstDirection: "desc",
      width: "time",
      room: 4,
      extra: true,
      tip: "When a device first brought it",
    },
  });
}

export const EXPLOITED = "At least one is known to be exploited (CISA KEV)";

/** What a row tells of its open vulnerabilities without their list. */
interface Exposed {
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
}

/** The worst of a row's open vulnerabilities, and how many there are of what, as a link to them. */
export function vulnerableColumn<R extends Listed & Exposed>(of: {
  count: (row: R) => number;
  words: (row: R) => string;
  href: (row: R) => string;
  orderKey?: string;
  tip: string;
}): Column<R> {
  return columnHelper<R>().accessor((row) => of.count(row), {
    id: "vulnerabilities",
    header: "Vulnerabilities",
    cell: ({ row: { original: row } }) => {
      if (of.count(row) === 0) return "";
      return (
        <A href={of.href(row)} tabIndex={-1} data-tip={row.cisa_known_exploit ? EXPLOITED : undefined}>
          <SeverityMark severity={severityOf(row.cvss_score_max)} score={row.cvss_score_max} /> {of.words(row)}
          <span className="sr-only">: vulnerabilities of {row.name}</span>
        </A>
      );
    },
    meta: {
      ...(of.orderKey === undefined ? {} : { orderKey: of.orderKey, firstDirection: "desc" as const }),
      width: "mid",
      room: 2,
      tip: of.tip,
      exported: ["vulnerabilities_count"],
    },
  });
}

/** CVSS's own words for a base score (3.1, section 5). */
export function severityOf(score: number | null): string {
  if (score === null) return "unknown";
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  if (score >= 4) return "medium";
  return score > 0 ? "low" : "none";
}

/** The number of devices, as a link to exactly these devices. */
export function deviceCountColumn<R extends Listed>(href: (row: R) => string, tip: string): Column<R> {
  return columnHelper<R>().accessor((row) => row.hosts_count, {
    id: "hosts_count",
    header: "Devices",
    cell: ({ row, getValue }) => (
      <A href={href(row.original)} aria-label={`${countOf(getValue(), "device")} with ${row.original.name}`} tabIndex={-1}>
        {formatCount(getValue())}
      </A>
    ),
    meta: { orderKey: "hosts_count", firstDirection: "desc", width: "number", align: "end", room: 1, tip },
  });
}
