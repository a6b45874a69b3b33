import type { Command } from "commander";
import { api } from "#client/api.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { printJson, printLines, printNote } from "../output/print.ts";
import { visible } from "../output/visible.ts";
import { addExamples } from "./describe.ts";

/** `muster enroll-secret`. */
export function addEnrollSecret(program: Command, io: CliIo): void {
  const group = program
    .command("enroll-secret")
    .summary("show the secrets that devices enrol with")
    .description("The secrets with which new devices may enrol.");
  const command = group
    .command("get")
    .summary("print the secrets")
    .description("Print the secrets with which new devices may enrol, one a line.")
    .option("--json", "print the API's answer as JSON")
    .action(async () => {
      const options: ServerOptions & { json?: true } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const answer = await call(api.getEnrollSecrets);
      if (options.json === true) return printJson(io, answer);
      const secrets = answer.spec.secrets.map(({ secret }) => visible(secret));
      if (secrets.length === 0) printNote(io, "There is no enroll secret: add one under Settings, or no device can enrol.");
      printLines(io, secrets);
    });
  addExamples(command, [
    ["muster enroll-secret get > /etc/osquery/enroll_secret", "write the secret to where osqueryd reads it"],
  ]);
}
