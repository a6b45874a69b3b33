import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { connect } from "../connection.ts";
import type { Connection, ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printJson, printNote } from "../output/print.ts";
import { visible } from "../output/visible.ts";
import { addExamples } from "./describe.ts";
import { parseId } from "./list-options.ts";

interface CreateOptions extends ServerOptions {
  description?: string;
  criteria?: string;
  query?: string;
  platform?: "darwin" | "windows" | "linux" | "chrome";
  host?: string[];
  json?: true;
}

/** `muster label`. */
export function addLabel(program: Command, io: CliIo): void {
  const group = program.command("label").summary("create, fill and delete labels").description("Create, fill and delete labels.");
  addCreate(group, io);
  addMembers(group, io, "add");
  addMembers(group, io, "remove");
  addDelete(group, io);
}

function addCreate(group: Command, io: CliIo): void {
  const command = group
    .command("create")
    .summary("create a label")
    .description("Create a label: by rule (--criteria), by osquery SQL (--query), or by hand.")
    .argument("<name>", "name of the label")
    .option("--description <text>", "what it is for")
    .option("--criteria <file>", "rule as JSON, from this file (- reads the standard input)")
    .option("--query <sql>", "osquery SQL; a device is a member when it answers at least one row")
    .option("--platform <platform>", "with --query: ask devices of this platform only (darwin, windows, linux, chrome)")
    .option("--host <name...>", "serial numbers, host names or uuids of devices")
    .option("--json", "print the API's answer as JSON")
    .action(async (name: string) => {
      const options: CreateOptions = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const answer = await call(api.createLabel, {
        body: {
          name,
          ...(options.description === undefined ? {} : { description: options.description }),
          ...(options.criteria === undefined ? {} : { criteria: await readJson(io, options.criteria) }),
          ...(options.query === undefined ? {} : { query: options.query }),
          ...(options.platform === undefined ? {} : { platform: options.platform }),
          ...(options.host === undefined ? {} : { hosts: options.host }),
        },
      });
      if (options.json === true) return printJson(io, answer);
      const { id, evaluated_at, count } = answer.label;
      const devices = evaluated_at === null ? "its devices are being looked for" : formatCount(count, "device", "devices");
      printNote(io, `Label ${id} (${visible(answer.label.name)}) created: ${devices}.`);
    });
  addExamples(command, [
    ["muster label create Pilots --host C02ABC123 web-01", "a label of two devices"],
    ["muster label create 'Old Firefox' --criteria rule.json", "a label that Muster keeps current"],
  ]);
}

/** JSON of a file or the standard input. */
export async function readJson(io: CliIo, path: string): Promise<unknown> {
  const text =
    path === "-" ? await io.readStdin() : await readFile(path, "utf8").catch((error: Error) => unreadable(path, error));
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(EXIT.usage, `${path} holds no JSON.`);
  }
}

function unreadable(path: string, error: Error): never {
  throw new CliError(EXIT.usage, `${path} cannot be read: ${error.message}`);
}

function addMembers(group: Command, io: CliIo, way: "add" | "remove"): void {
  const words = way === "add" ? "put devices into a manual label" : "take devices out of a manual label";
  const command = group
    .command(way)
    .summary(words)
    .description(`${words[0]?.toUpperCase()}${words.slice(1)}.`)
    .argument("<label>", "name of the label")
    .argument("<id...>", "ids of devices, as `muster get hosts` shows them", (text: string, ids: number[] | undefined) => [
      ...(ids ?? []),
      parseId(text),
    ])
    .action(async (name: string, ids: number[]) => {
      const { call } = await connect(io, command.optsWithGlobals());
      const id = await labelId(call, name);
      const { added, removed } = await call(api.changeLabelHosts, { params: { id }, body: { [way]: ids } });
      printNote(
        io,
        `${formatCount(way === "add" ? added : removed, "device", "devices")} ${way === "add" ? "added" : "taken out"}.`,
      );
    });
}

function addDelete(group: Command, io: CliIo): void {
  const command = group
    .command("delete")
    .summary("delete a label")
    .description("Delete a label. Its devices stay.")
    .argument("<label>", "name of the label")
    .action(async (name: string) => {
      const { call } = await connect(io, command.optsWithGlobals());
      await call(api.deleteLabel, { params: { name } });
      printNote(io, `Label ${visible(name)} deleted.`);
    });
}

async function labelId(call: Connection["call"], name: string): Promise<number> {
  const { labels } = await call(api.labelsSummary);
  const label = labels.find((known) => known.name.toLowerCase() === name.toLowerCase());
  if (label === undefined) throw new CliError(EXIT.failure, `There is no label ${visible(name)}: muster get labels shows them.`);
  return label.id;
}
