import { sourceLabel } from "#domain/software/sources.ts";
import type { HostSoftwareTitle } from "#protocol/rest/host-software.ts";
import { formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { EXPLOITED, severityOf } from "../software/software-columns.tsx";
import { SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { paths } from "../../paths.ts";
import { Clip, Quiet } from "../../ui/text.tsx";

type Installed = HostSoftwareTitle["installed_versions"][number];
const column = columnHelper<HostSoftwareTitle>();

/** The full version as its source writes it: `version-release` where there is a release. */
export function fullVersion(v: { version: string; release?: string | undefined }): string {
  return v.release ? `${v.version}-${v.release}` : v.version;
}

/** All installed versions of a title in one line. */
export function versionsWords(title: HostSoftwareTitle): string {
  return [...new Set(title.installed_versions.map(fullVersion))].map((v) => v || "no version").join(", ");
}

/** The architectures of a title's versions; "" where its source tells none. */
function archWords(title: HostSoftwareTitle): string {
  return [...new Set(title.installed_versions.flatMap((v) => v.arch || []))].toSorted().join(", ");
}

/** The newest opening of any version: a time, "" (never opened), or undefined (its source does not tell). */
export function lastOpened(versions: readonly Installed[]): string | undefined {
  const told = versions.flatMap((v) => (v.last_opened_at === undefined ? [] : [v.last_opened_at]));
  return told.length === 0 ? undefined : told.toSorted().at(-1);
}

/** The worst of a title's open vulnerabilities on the device, and how many there are, as a link to them. */
function vulnerabilitiesColumn(hostId: number): Column<HostSoftwareTitle> {
  return column.accessor(vulnerabilitiesCount, {
    id: "vulnerabilities",
    header: "Vulnerabilities",
    cell: ({ row: { original: title } }) => <Exposed title={title} hostId={hostId} />,
    meta: {
      orderKey: "vulnerabilities_count",
      firstDirection: "desc",
      width: "mid",
      room: 2,
      tip: "The worst that is open in it on this device, and how many there are",
    },
  });
}

function vulnerabilitiesCount(title: HostSoftwareTitle): number {
  return title.installed_versions.reduce((sum, version) => sum + version.vulnerabilities_count, 0);
}

/** The worst of a title's open vulnerabilities on a device and their number, as a link to them; nothing where there are none. */
export function Exposed({ title, hostId }: { title: HostSoftwareTitle; hostId: number }) {
  const count = vulnerabilitiesCount(title);
  if (count === 0) return "";
  const scores = title.installed_versions.flatMap((v) => v.cvss_score_max ?? []);
  const worst = scores.length === 0 ? null : Math.max(...scores);
  const exploited = title.installed_versions.some((v) => v.cisa_known_exploit);
  const name = title.display_name || title.name;
  return (
    <A
      href={paths.device(hostId, "vulnerabilities", { software_title_id: title.id })}
      tabIndex={-1}
      data-tip={exploited ? EXPLOITED : undefined}
    >
      <SeverityMark severity={severityOf(worst)} score={worst} /> {formatCount(count)} open
      <span className="sr-only">
        {exploited && ", known to be exploited"}: vulnerabilities of {name}
      </span>
    </A>
  );
}

/** The columns; those of a moment of the past (`hostId` undefined) do not tell of vulnerabilities, which are known of the present. */
export function deviceSoftwareColumns(hostId: number | undefined): Column<HostSoftwareTitle>[] {
  if (hostId === undefined) return PLAIN_COLUMNS;
  return PLAIN_COLUMNS.toSpliced(2, 0, vulnerabilitiesColumn(hostId));
}

const PLAIN_COLUMNS: Column<HostSoftwareTitle>[] = [
  column.accessor((t) => t.display_name || t.name, {
    id: "name",
    header: "Name",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "name", room: 1 },
  }),
  column.accessor(versionsWords, {
    id: "version",
    header: "Version",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { orderKey: "version", width: "mid", room: 2 },
  }),
  column.accessor((t) => sourceLabel(t.source), {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "source", width: "mid", room: 2 },
  }),
  column.accessor((t) => t.installed_versions.flatMap((v) => v.vendor ?? []).toSorted()[0] ?? "", {
    id: "vendor",
    header: "Vendor",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "vendor", width: "mid", room: 4 },
  }),
  column.accessor(archWords, {
    id: "arch",
    header: "Architecture",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { orderKey: "arch", width: "time", room: 4, extra: true },
  }),
  column.accessor((t) => lastOpened(t.installed_versions) ?? "", {
    id: "last_opened",
    header: "Last opened",
    cell: ({ row }) => <LastOpened time={lastOpened(row.original.installed_versions)} />,
    meta: {
      orderKey: "last_opened_at",
      firstDirection: "desc",
      width: "time",
      room: 3,
      tip: "As the operating system tells; many sources do not",
    },
  }),
  column.accessor((t) => t.installed_versions.map((v) => v.installed_at).toSorted()[0] ?? "", {
    id: "since",
    header: "Since",
    cell: ({ getValue }) => <RelativeTime time={getValue()} never="" />,
    meta: {
      orderKey: "installed_at",
      firstDirection: "desc",
      width: "time",
      room: 3,
      tip: "When Muster first saw it on this device",
    },
  }),
];

export function LastOpened({ time }: { time: string | undefined }) {
  if (time === undefined) return <Quiet>not told</Quiet>;
  if (time === "") return <Quiet>none recorded</Quiet>;
  return <RelativeTime time={time} />;
}
