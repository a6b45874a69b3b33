import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { saveDownload } from "../output/save-download.ts";
import { addExamples } from "./describe.ts";
import { findHost } from "./find-host.ts";
import { parseId } from "./list-options.ts";
import { parseTime } from "./software-filters.ts";

interface SbomOptions extends ServerOptions {
  host?: string;
  label?: number;
  fleet?: true;
  format: "cyclonedx" | "spdx";
  asOf?: string;
  output?: string;
}

/** `muster sbom`: a bill of materials of a device, a label's devices, or all. */
export function addSbom(program: Command, io: CliIo): void {
  const command = program
    .command("sbom")
    .summary("write a software bill of materials")
    .description("Write a software bill of materials of a device, of a label's devices, or of the fleet.")
    .addOption(new Option("--host <host>", "of this device: ID, uuid, host name or serial number").conflicts(["label", "fleet"]))
    .addOption(new Option("--label <id>", "of the devices of this label").argParser(parseId).conflicts(["host", "fleet"]))
    .addOption(new Option("--fleet", "of all devices").conflicts(["host", "label"]))
    .addOption(
      new Option("--format <format>", "cyclonedx (1.6) or spdx (2.3), as JSON")
        .choices(["cyclonedx", "spdx"])
        .default("cyclonedx"),
    )
    .option(
      "--as-of <time>",
      "what was held at this time (2026-01-31 or 2026-01-31T10:00:00Z); with --label by the devices that are in it now",
      parseTime,
    )
    .option("-o, --output <file>", "write to this file; without it, to standard output");
  command.action(async () => writeSbom(io, command.optsWithGlobals()));
  addExamples(command, [
    ["muster sbom --host web-01.example.org --output web-01.cdx.json", "what one device holds"],
    ["muster sbom --fleet --format spdx --as-of 2026-01-31", "what all devices held at the end of January"],
  ]);
}

async function writeSbom(io: CliIo, options: SbomOptions): Promise<void> {
  const { host, label, fleet, format, asOf, output } = options;
  if (host === undefined && label === undefined && fleet === undefined) {
    throw new CliError(EXIT.usage, "Say whose software: --host, --label or --fleet.");
  }
  const connection = await connect(io, options);
  const query = { format, ...(asOf === undefined ? {} : { as_of: asOf }) };
  const response =
    host !== undefined
      ? await connection.download(api.hostSbom, { params: { id: (await findHost(connection, host)).id }, query })
      : label !== undefined
        ? await connection.download(api.labelSbom, { params: { id: label }, query })
        : await connection.download(api.fleetSbom, { query });
  await saveDownload(io, response, output);
}
