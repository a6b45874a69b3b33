import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { Connection, ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { addExamples } from "./describe.ts";
import { addExportOptions, formatOf, runExport, type ExportFormOptions } from "./export-options.ts";
import { addExportVulnerabilities } from "./export-vulnerabilities.ts";
import { findHost } from "./find-host.ts";
import { addHostFilters, hostFilterOf } from "./host-filters.ts";
import type { HostFilterOptions } from "./host-filters.ts";
import { addHostSoftwareFilters, addSoftwareFilters, addTitleFilters, addVersionFilters } from "./software-filters.ts";
import { given } from "./given.ts";
import { hostSoftwareFilterOf, parseTime, softwareFilterOf, titleFilterOf, versionFilterOf } from "./software-filters.ts";
import type {
  HostSoftwareFilterOptions,
  SoftwareFilterOptions,
  TitleFilterOptions,
  VersionFilterOptions,
} from "./software-filters.ts";

interface ExportOptions
  extends
    ServerOptions,
    SoftwareFilterOptions,
    HostSoftwareFilterOptions,
    HostFilterOptions,
    TitleFilterOptions,
    ExportFormOptions,
    Pick<VersionFilterOptions, "arch"> {
  asOf?: string;
}

/** `muster export …`: everything that matches, as a file. */
export function addExport(program: Command, io: CliIo): void {
  const group = program
    .command("export")
    .summary("export devices, software or vulnerabilities as CSV or NDJSON")
    .description("Write everything that matches to a file, however much it is.");
  const hosts = subcommand(group, "hosts", "export devices", "Export devices.").alias("devices");
  addHostFilters(hosts).action(async () => runExport(io, hosts, exportHosts));
  const titles = subcommand(group, "titles", "export software titles", "Export software titles, with their numbers of devices.");
  addTitleFilters(addSoftwareFilters(titles)).action(async () =>
    runExport(io, titles, ({ download }, options: ExportOptions) => {
      const filter = { ...softwareFilterOf(options), ...titleFilterOf(options) };
      return download(api.exportSoftwareTitles, { query: { ...formatOf(options), query: options.query, ...filter } });
    }),
  );
  const versions = subcommand(
    group,
    "versions",
    "export software versions",
    "Export software versions, with their numbers of devices.",
  );
  addVersionFilters(addSoftwareFilters(versions)).action(async () => runExport(io, versions, exportVersions));
  addHostSoftware(group, io);
  const holders = subcommand(
    group,
    "who-has-what",
    "export every software of every device",
    "Export one row for each software on each device.",
  );
  addHostFilters(holders)
    .option("--source <list>", "only these sources, as the API names them; comma list")
    .option("--vendor <vendor>", "only software of this vendor")
    .option("--arch <arch>", "only software of this architecture")
    .action(async () => runExport(io, holders, exportHolders));
  addExamples(holders, [
    ["muster export who-has-what --output fleet.csv", "every software of every device"],
    ["muster export who-has-what --software-title 12 --columns host_display_name,version", "who has title 12, and which version"],
  ]);
  addExportVulnerabilities(group, io);
}

function subcommand(group: Command, name: string, summary: string, description: string): Command {
  return addExportOptions(group.command(name).summary(summary).description(description));
}

function addHostSoftware(group: Command, io: CliIo): void {
  const command = subcommand(group, "host-software", "export one device's software", "Export what one device holds, or held.");
  addHostSoftwareFilters(command.argument("<host>", "ID, or uuid, host name or serial number")).option(
    "--as-of <time>",
    "what it held at this time (2026-01-31 or 2026-01-31T10:00:00Z)",
    parseTime,
  );
  command.action(async (host: string) =>
    runExport(io, command, async (connection, options: ExportOptions) => {
      const { id } = await findHost(connection, host);
      const query = {
        ...formatOf(options),
        query: options.query,
        ...hostSoftwareFilterOf(options),
        as_of: options.asOf,
      };
      return connection.download(api.exportHostSoftware, { params: { id }, query: given(query) });
    }),
  );
}

async function exportHosts({ download }: Connection, options: ExportOptions): Promise<Response> {
  return download(api.exportHosts, { query: given({ ...formatOf(options), query: options.query, ...hostFilterOf(options) }) });
}

async function exportVersions({ download }: Connection, options: ExportOptions): Promise<Response> {
  const query = {
    ...formatOf(options),
    query: options.query,
    ...softwareFilterOf(options),
    ...versionFilterOf(options),
  };
  return download(api.exportSoftwareVersions, { query: given(query) });
}

async function exportHolders({ download }: Connection, options: ExportOptions): Promise<Response> {
  const software = { source: options.source, vendor: options.vendor, arch: options.arch };
  const query = { ...formatOf(options), query: options.query, ...hostFilterOf(options), ...software };
  return download(api.exportHolders, { query: given(query) });
}
