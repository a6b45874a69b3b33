import { Option } from "commander";
import type { Command } from "commander";
import { connect } from "../connection.ts";
import type { Connection, ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { saveDownload } from "../output/save-download.ts";

/** In which form an export is written, where to, and of what it is narrowed by words. */
export interface ExportFormOptions {
  format: "csv" | "ndjson";
  columns?: string;
  output?: string;
  query?: string;
}

/** Adds the options that every export has. */
export function addExportOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "csv, or ndjson: one JSON object a line").choices(["csv", "ndjson"]).default("csv"),
    )
    .option("--columns <list>", "only these columns, in this order; an unknown one is answered with all names")
    .option("-o, --output <file>", "write to this file; without it, to standard output")
    .option("-q, --query <text>", "only rows that match this search, as in the list");
}

/** The form as the API takes it. */
export function formatOf({ format, columns }: ExportFormOptions): { format: "csv" | "ndjson"; columns?: string } {
  return { format, ...(columns === undefined ? {} : { columns }) };
}

/** Runs an export: what the server answers goes to the file or to standard output. */
export async function runExport<Options extends ServerOptions & ExportFormOptions>(
  io: CliIo,
  command: Command,
  ask: (connection: Connection, options: Options) => Promise<Response>,
): Promise<void> {
  const options: Options = command.optsWithGlobals();
  const connection = await connect(io, options);
  await saveDownload(io, await ask(connection, options), options.output);
}
