import type { Command } from "commander";
import { sourceLabel } from "#domain/software/sources.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { connect } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatBytes, formatSeconds, formatTime } from "../output/format.ts";
import { printJson, printLines } from "../output/print.ts";
import { formatPairs, formatTable } from "../output/table.ts";
import { parseAsOf } from "../moment.ts";
import { addExamples } from "./describe.ts";
import { findHost } from "./find-host.ts";
import { getHostSoftware, HOST_SOFTWARE_SHAPE } from "./get-host-software.ts";
import { addListOptions } from "./list-options.ts";
import type { ListOptions } from "./list-options.ts";
import { addHostSoftwareFilters, HOST_SOFTWARE_FILTERS } from "./software-filters.ts";
import type { HostSoftwareFilterOptions } from "./software-filters.ts";

interface GetHostOptions extends ListOptions, HostSoftwareFilterOptions {
  software?: true;
  asOf?: string;
}

const NANOSECONDS = 1e9;
/** Options that mean something only together with `--software`. */
const SOFTWARE_ONLY = ["query", ...HOST_SOFTWARE_FILTERS, "asOf", "limit", "all", "orderBy", "descending"] as const;

/** `muster get host`. */
export function addGetHost(get: Command, io: CliIo): void {
  const command = get
    .command("host")
    .alias("device")
    .argument("<host>", "ID, or uuid, host name or serial number")
    .summary("show one device, or its software")
    .description(
      "Show the facts of one device: what it is, which agents report it, what each source last said. Or list its software.",
    );
  addListOptions(command.option("--software", "list the device's software instead"), HOST_SOFTWARE_SHAPE);
  addHostSoftwareFilters(command, "with --software: ")
    .option("--as-of <time>", "with --software: what it held at this time, or at the end of this day (UTC)", parseAsOf)
    .action(async (host: string) => {
      const options: GetHostOptions = command.optsWithGlobals();
      if (options.software !== true) refuseListOptions(command);
      const connection = await connect(io, options);
      if (options.software === true) return getHostSoftware(io, connection, (await findHost(connection, host)).id, options);
      const found = await findHost(connection, host);
      if (options.json === true) printJson(io, { host: found });
      else printLines(io, hostLines(found));
    });
  addExamples(command, [
    ["muster get host 12", "the device with ID 12"],
    ["muster get host web-01.example.org --json", "the same by host name, as the API has it"],
    ["muster get host web-01.example.org --software --query ssl", "its software with “ssl” in name or version"],
    ["muster get host web-01.example.org --software --as-of 2026-01-31", "what it held at the end of January 2026"],
  ]);
}

function refuseListOptions(command: Command): void {
  const given = SOFTWARE_ONLY.filter((name) => command.getOptionValueSource(name) === "cli");
  const option = command.options.find((one) => given.some((name) => name === one.attributeName()));
  if (option !== undefined)
    throw new CliError(EXIT.usage, `${option.long ?? option.flags} works on a device's software: add --software.`);
}

function hostLines(host: HostDetail): string[] {
  return [
    ...formatPairs([
      ["Name", host.display_name],
      ["ID", host.id],
      ["Status", `${host.status}, last seen ${formatTime(host.seen_time)}`],
      ["Host name", host.hostname],
      ["Platform", host.platform],
      ["Operating system", host.os_version],
      ["Build", host.build],
      ["Model", [host.hardware_vendor, host.hardware_model].filter(Boolean).join(" ")],
      ["Serial number", host.hardware_serial],
      ["UUID", host.uuid],
      ["CPU", cpuOf(host)],
      ["Memory", host.memory > 0 ? formatBytes(host.memory) : null],
      ["Disk", diskOf(host)],
      ["Address", [host.primary_ip, host.primary_mac].filter(Boolean).join(", ")],
      ["Public address", host.public_ip],
      ["Up for", host.uptime > 0 ? formatSeconds(host.uptime / NANOSECONDS) : null],
      ["Enrolled", formatTime(host.last_enrolled_at)],
      ["Details from", formatTime(host.detail_updated_at)],
      ["Software from", formatTime(host.software_updated_at)],
      ["Software", host.software_count],
    ]),
    ...section("Agents", agentLines(host)),
    ...section("Sources", sourceLines(host)),
  ];
}

function cpuOf(host: HostDetail): string {
  const cores = host.cpu_logical_cores > 0 ? `${host.cpu_logical_cores} logical cores` : "";
  return [host.cpu_brand || host.cpu_type, cores].filter(Boolean).join(", ");
}

function diskOf(host: HostDetail): string | null {
  if (host.gigs_total_disk_space <= 0) return null;
  return `${host.gigs_disk_space_available.toFixed(1)} GB free of ${host.gigs_total_disk_space.toFixed(1)} GB`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function agentLines(host: HostDetail): string[] {
  if (host.agents.length === 0) return [];
  return formatTable(
    [
      { title: "AGENT", value: (agent) => agent.agent },
      { title: "VERSION", value: (agent) => agent.version },
      { title: "ENROLLED", value: (agent) => formatTime(agent.enrolled_at) },
      { title: "IDENTIFIER", value: (agent) => agent.identifier },
    ],
    host.agents,
    null,
  ).lines;
}

function sourceLines(host: HostDetail): string[] {
  if (host.sources.length === 0) return [];
  return formatTable(
    [
      { title: "SOURCE", value: (source) => source.source },
      { title: "KIND", value: (source) => sourceLabel(source.source) },
      { title: "ROWS", value: (source) => source.rows_count, align: "right" },
      { title: "REPORTED", value: (source) => formatTime(source.updated_at) },
      { title: "FAILURE", value: (source) => source.error },
    ],
    host.sources,
    null,
  ).lines;
}
