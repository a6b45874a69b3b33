import type { Command } from "commander";
import { api } from "#client/api.ts";
import { VERSION } from "#domain/core/version.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { printJson, printLines } from "../output/print.ts";
import { visible } from "../output/visible.ts";
import { addExamples } from "./describe.ts";

/** `muster version`. */
export function addVersion(program: Command, io: CliIo): void {
  const command = program
    .command("version")
    .summary("show the version of this program, or of the server")
    .description("Show the version of this program and of the Node that runs it; with --remote also the server's.")
    .option("--remote", "ask the server, too")
    .option("--json", "print as JSON")
    .action(async () => {
      const options: ServerOptions & { remote?: true; json?: true } = command.optsWithGlobals();
      const own = { version: VERSION, node_version: process.version };
      const remote = options.remote === true ? await remoteVersion(io, options) : null;
      if (options.json === true) return printJson(io, remote === null ? own : { ...own, server: remote.answer });
      printLines(io, [
        `muster ${own.version} (Node ${own.node_version})`,
        ...(remote === null
          ? []
          : [visible(`${remote.server}: muster ${remote.answer.version} (${remote.answer.revision || "no revision"})`)]),
      ]);
    });
  addExamples(command, [["muster version --remote", "this program's version and the server's"]]);
}

async function remoteVersion(io: CliIo, options: ServerOptions) {
  const { server, call } = await connect(io, options);
  return { server, answer: await call(api.version) };
}
