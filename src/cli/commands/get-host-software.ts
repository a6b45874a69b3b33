import { api } from "#client/api.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { HostSoftwareTitle } from "#protocol/rest/host-software.ts";
import type { Connection } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { orderOf } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";
import { hostSoftwareFilterOf } from "./software-filters.ts";
import type { HostSoftwareFilterOptions } from "./software-filters.ts";

export const HOST_SOFTWARE_KEYS = [
  "name",
  "source",
  "version",
  "arch",
  "vendor",
  "installed_at",
  "last_opened_at",
  "vulnerabilities_count",
] as const;

export const HOST_SOFTWARE_SHAPE: ListShape = {
  searches: "name or version (with --software)",
  orderKeys: HOST_SOFTWARE_KEYS,
  orderDefault: "name",
};

interface Row {
  source: string;
  version: HostSoftwareTitle["installed_versions"][number];
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", value: ({ version }) => version.name, shrinks: true },
  { title: "VERSION", value: ({ version }) => version.version, shrinks: true },
  { title: "ARCH", value: ({ version }) => version.arch },
  { title: "KIND", value: ({ source }) => sourceLabel(source), shrinks: true },
  {
    title: "VULNERABILITIES",
    value: ({ version }) => (version.vulnerabilities_count > 0 ? exposureText(version) : ""),
  },
  { title: "SINCE", value: ({ version }) => formatTime(version.installed_at) },
  { title: "LAST OPENED", value: ({ version }) => formatTime(version.last_opened_at) },
];

/** How many there are and how bad the worst is: `12, CVSS up to 9.8, exploited`. */
function exposureText({ vulnerabilities_count, cvss_score_max, cisa_known_exploit }: Row["version"]): string {
  const worst = cvss_score_max === null ? [] : [`CVSS up to ${cvss_score_max}`];
  return [vulnerabilities_count, ...worst, ...(cisa_known_exploit ? ["exploited"] : [])].join(", ");
}

/** `muster get host <host> --software`: one row a version. `--limit` counts titles, as the API pages by them. */
export async function getHostSoftware(
  io: CliIo,
  { call }: Connection,
  id: number,
  options: ListOptions & HostSoftwareFilterOptions & { asOf?: string },
): Promise<void> {
  const order = orderOf<(typeof HOST_SOFTWARE_KEYS)[number]>(options, HOST_SOFTWARE_SHAPE, false);
  const query = { query: options.query, ...hostSoftwareFilterOf(options), as_of: options.asOf, ...order };
  const answer = await readList("software", options.all === true ? null : options.limit, (page) =>
    call(api.listHostSoftware, { params: { id }, query: { ...query, ...page } }),
  );
  const rows = answer.software.flatMap((title) => title.installed_versions.map((version) => ({ source: title.source, version })));
  printList(io, options, {
    answer,
    rows,
    columns: COLUMNS.filter((column) => column.title === "NAME" || rows.some((row) => Boolean(column.value(row)))),
    noun: ["title", "titles"],
    shown: answer.software.length,
  });
}
