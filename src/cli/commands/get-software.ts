import type { Command } from "commander";
import { api } from "#client/api.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareTitle, SoftwareVersion } from "#protocol/rest/software.ts";
import type { Connection } from "../connection.ts";
import { connect } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addListOptions, orderOf } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";
import { addSoftwareFilters, addTitleFilters, addVersionFilters } from "./software-filters.ts";
import { softwareFilterOf, titleFilterOf, versionFilterOf } from "./software-filters.ts";
import type { SoftwareFilterOptions, TitleFilterOptions, VersionFilterOptions } from "./software-filters.ts";

export const TITLE_KEYS = ["name", "hosts_count", "versions_count", "source", "vendor", "identifier", "created_at"] as const;
export const VERSION_KEYS = [
  "name",
  "hosts_count",
  "version",
  "arch",
  "source",
  "vendor",
  "created_at",
  "cve_published",
  "cvss_score",
  "epss_probability",
  "cisa_known_exploit",
  "vulnerabilities_count",
] as const;
type TitleKey = (typeof TITLE_KEYS)[number];
type VersionKey = (typeof VERSION_KEYS)[number];

const SHAPE: ListShape = {
  searches: "the name (with --versions: name or version)",
  orderKeys: [...new Set([...TITLE_KEYS, ...VERSION_KEYS])],
  orderDefault: "hosts_count",
  defaultDescending: true,
};

interface GetSoftwareOptions extends ListOptions, SoftwareFilterOptions, TitleFilterOptions, VersionFilterOptions {
  versions?: true;
}

const TITLE_COLUMNS: readonly Column<SoftwareTitle>[] = [
  { title: "ID", value: (title) => title.id, align: "right" },
  { title: "NAME", value: (title) => title.display_name, shrinks: true },
  { title: "KIND", value: kindOf, shrinks: true },
  { title: "VENDOR", value: (title) => title.vendor, shrinks: true },
  { title: "VERSIONS", value: (title) => title.versions_count, align: "right" },
  { title: "DEVICES", value: (title) => title.hosts_count, align: "right" },
  { title: "FIRST SEEN", value: (title) => formatTime(title.created_at) },
];

const VERSION_COLUMNS: readonly Column<SoftwareVersion>[] = [
  { title: "ID", value: (version) => version.id, align: "right" },
  { title: "NAME", value: (version) => version.display_name, shrinks: true },
  { title: "VERSION", value: (version) => version.version, shrinks: true },
  { title: "ARCH", value: (version) => version.arch },
  { title: "KIND", value: kindOf, shrinks: true },
  { title: "VENDOR", value: (version) => version.vendor, shrinks: true },
  { title: "VULNERABILITIES", value: (version) => version.vulnerabilities_count, align: "right" },
  { title: "DEVICES", value: (version) => version.hosts_count, align: "right" },
  { title: "FIRST SEEN", value: (version) => formatTime(version.created_at) },
];

/** What kind of software it is, in words; for an extension also what it extends. */
function kindOf(software: { source: string; extension_for: string }): string {
  const label = sourceLabel(software.source);
  return software.extension_for === "" ? label : `${label}: ${software.extension_for}`;
}

/** `muster get software`. */
export function addGetSoftware(get: Command, io: CliIo): void {
  const command = get
    .command("software")
    .summary("list software titles, or versions")
    .description("List the software that devices hold: titles (all versions of a product together), or every version.");
  addVersionFilters(
    addTitleFilters(addSoftwareFilters(addListOptions(command, SHAPE)), "without --versions: "),
    "with --versions: ",
  )
    .option("--versions", "one row a version, not a title")
    .action(async () => {
      const options: GetSoftwareOptions = command.optsWithGlobals();
      const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
      const connection = await connect(io, options);
      await (options.versions === true ? getVersions : getTitles)(io, connection, options, isDefaultOrder);
    });
  addExamples(command, [
    ["muster get software --query openssl", "titles with “openssl” in the name, the most common first"],
    ["muster get software --versions --query openssl", "each version of them"],
    [
      "muster get software --versions --vulnerable --order-by cvss_score --descending",
      "versions with vulnerabilities, the worst first",
    ],
    ["muster get software --source apps,programs --order-by name", "applications of macOS and Windows by name"],
  ]);
}

async function getTitles(io: CliIo, connection: Connection, options: GetSoftwareOptions, isDefaultOrder: boolean): Promise<void> {
  const order = orderOf<TitleKey>(options, SHAPE, isDefaultOrder);
  if (!TITLE_KEYS.includes(order.order_key)) {
    throw new CliError(
      EXIT.usage,
      `Titles cannot be ordered by ${options.orderBy}: add --versions, or choose another --order-by.`,
    );
  }
  const query = { query: options.query, ...softwareFilterOf(options), ...titleFilterOf(options), ...order };
  const answer = await readList("software_titles", options.all === true ? null : options.limit, (page) =>
    connection.call(api.listSoftwareTitles, { query: { ...query, ...page } }),
  );
  printList(io, options, { answer, rows: answer.software_titles, columns: TITLE_COLUMNS, noun: ["title", "titles"] });
}

async function getVersions(
  io: CliIo,
  connection: Connection,
  options: GetSoftwareOptions,
  isDefaultOrder: boolean,
): Promise<void> {
  const order = orderOf<VersionKey>(options, SHAPE, isDefaultOrder);
  if (!VERSION_KEYS.includes(order.order_key)) {
    throw new CliError(
      EXIT.usage,
      `Versions cannot be ordered by ${options.orderBy}: leave --versions out, or choose another --order-by.`,
    );
  }
  const query = { query: options.query, ...softwareFilterOf(options), ...versionFilterOf(options), ...order };
  const answer = await readList("software", options.all === true ? null : options.limit, (page) =>
    connection.call(api.listSoftwareVersions, { query: { ...query, ...page } }),
  );
  printList(io, options, { answer, rows: answer.software, columns: VERSION_COLUMNS, noun: ["version", "versions"] });
}
