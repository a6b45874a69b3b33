import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { Connection, ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { addExamples } from "./describe.ts";
import { addExportOptions, formatOf, runExport, type ExportFormOptions } from "./export-options.ts";
import { findHost } from "./find-host.ts";
import { given } from "./given.ts";
import { STATUSES, type HostFilterOptions } from "./host-filters.ts";
import { parseId } from "./list-options.ts";
import {
  addFleetVulnerabilityFilters,
  addVulnerabilityFilters,
  fleetVulnerabilityFilterOf,
  type FleetVulnerabilityFilterOptions,
  vulnerabilityFilterOf,
} from "./vulnerability-filters.ts";

type Options = ServerOptions &
  ExportFormOptions &
  FleetVulnerabilityFilterOptions &
  Pick<HostFilterOptions, "platform" | "status" | "vulnerability">;

/** `muster export vulnerabilities`, `host-vulnerabilities` and `vulnerable-hosts`. */
export function addExportVulnerabilities(group: Command, io: CliIo): void {
  const all = group
    .command("vulnerabilities")
    .summary("export vulnerabilities")
    .description("Export the vulnerabilities that devices are exposed to, with their numbers of devices.");
  addFleetVulnerabilityFilters(addExportOptions(all)).action(async () =>
    runExport(io, all, ({ download }, options: Options) =>
      download(api.exportVulnerabilities, {
        query: given({ ...formatOf(options), query: options.query, ...fleetVulnerabilityFilterOf(options) }),
      }),
    ),
  );
  addExamples(all, [
    ["muster export vulnerabilities --exploited --output exploited.csv", "those that are known to be exploited"],
  ]);
  addOfHost(group, io);
  addHolders(group, io);
}

function addOfHost(group: Command, io: CliIo): void {
  const command = group
    .command("host-vulnerabilities")
    .summary("export one device's vulnerabilities")
    .description("Export a device's vulnerabilities, one row for each in each software.")
    .argument("<host>", "ID, or uuid, host name or serial number");
  addVulnerabilityFilters(addExportOptions(command)).action(async (host: string) =>
    runExport(io, command, async (connection, options: Options) => {
      const { id } = await findHost(connection, host);
      const query = given({ ...formatOf(options), query: options.query, ...vulnerabilityFilterOf(options) });
      return connection.download(api.exportHostVulnerabilities, { params: { id }, query });
    }),
  );
}

function addHolders(group: Command, io: CliIo): void {
  const command = group
    .command("vulnerable-hosts")
    .alias("vulnerable-devices")
    .summary("export who has which vulnerability")
    .description("Export one row for each vulnerability in each software on each device.");
  addVulnerabilityFilters(addExportOptions(command))
    .option("--vulnerability <id>", "only this vulnerability (CVE-…, GHSA-…)")
    .option("--platform <list>", "only linux, darwin, windows, chrome or a distribution (debian); comma list")
    .addOption(new Option("--status <status>", "only devices with this status").choices(STATUSES))
    .option("--label <id>", "only devices of this label", parseId)
    .option("--software-title <id>", "only in versions of this title", parseId)
    .option("--software-version <id>", "only in this software version", parseId)
    .option("--os-version <id>", "only on this operating system version", parseId)
    .action(async () => runExport(io, command, exportHolders));
  addExamples(command, [
    [
      "muster export vulnerable-hosts --vulnerability CVE-2024-3094 --columns host_id,host_display_name,name,version",
      "who has it",
    ],
  ]);
}

async function exportHolders({ download }: Connection, options: Options): Promise<Response> {
  const query = {
    ...formatOf(options),
    query: options.query,
    ...vulnerabilityFilterOf(options),
    vulnerability: options.vulnerability,
    platform: options.platform,
    status: options.status,
    label_id: options.label,
    software_title_id: options.softwareTitle,
    software_version_id: options.softwareVersion,
    os_version_id: options.osVersion,
  };
  return download(api.exportVulnerableHosts, { query: given(query) });
}
