import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { connect, type ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { printJson, printLines, printNote } from "../output/print.ts";
import { visible } from "../output/visible.ts";
import { addExamples } from "./describe.ts";
import { findHost } from "./find-host.ts";
import { parseId } from "./list-options.ts";
import { given } from "./given.ts";

interface ExplainOptions extends ServerOptions {
  software?: number;
  os?: number;
  host?: string;
  json?: true;
}

/** `muster explain`: why something has a vulnerability, or why not. */
export function addExplain(program: Command, io: CliIo): void {
  const command = program
    .command("explain")
    .summary("explain why something has a vulnerability, or why not")
    .description(
      "Explain, in words, why software, an operating system or a device has a vulnerability, or why not: which records speak of it, how versions compare, what does not count and why.",
    )
    .argument("<id>", "CVE id, or the id of an advisory (GHSA-…)")
    .option("--software <id>", "this software version; with --host as it is on that device", parseId)
    .addOption(new Option("--os <id>", "this operating system version").argParser(parseId).conflicts("software"))
    .option("--host <host>", "this device: ID, uuid, host name or serial number")
    .option("--json", "the API's answer");
  command.action(async (cve: string) => explain(io, cve, command.optsWithGlobals()));
  addExamples(command, [
    ["muster explain CVE-2024-6387 --host web-01", "everything of a device that the vulnerability could be in"],
    ["muster explain CVE-2024-6387 --software 4711", "one software version"],
  ]);
}

async function explain(io: CliIo, cve: string, options: ExplainOptions): Promise<void> {
  const { software, os, host } = options;
  if (software === undefined && os === undefined && host === undefined) {
    throw new CliError(EXIT.usage, "Say what may have it: --software, --os or --host.");
  }
  const connection = await connect(io, options);
  const host_id = host === undefined ? undefined : (await findHost(connection, host)).id;
  const query = given({ software_version_id: software, os_version_id: os, host_id });
  const answer = await connection.call(api.explainVulnerability, { params: { cve }, query });
  if (options.json === true) return printJson(io, answer);
  if (answer.explanations.length === 0) {
    return printNote(io, "Nothing there that any loaded record of it speaks of, or it was not matched yet.");
  }
  const blocks = answer.explanations.map(({ name, version, os_scope, sentences }) => [
    `${name} ${version}${os_scope === "" ? "" : ` (${os_scope})`}`,
    ...sentences.map((sentence) => `  ${sentence}`),
  ]);
  printLines(
    io,
    blocks.flatMap((lines, i) => (i === 0 ? lines : ["", ...lines])).map((line) => visible(line)),
  );
}
