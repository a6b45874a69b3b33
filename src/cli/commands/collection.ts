import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { CallInput } from "#client/client.ts";
import { connect } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { printJson, printNote } from "../output/print.ts";
import { addExamples } from "./describe.ts";
import { readJson } from "./label.ts";
import { parseId } from "./list-options.ts";

type Settings = CallInput<NonNullable<(typeof api.putCollectionSettings)["endpoint"]>>["body"];

/** `muster collection`. */
export function addCollection(program: Command, io: CliIo): void {
  const group = program
    .command("collection")
    .summary("what devices report")
    .description("Which sources of software devices report, how often and within which limits.");
  const get = group
    .command("get")
    .summary("print the settings")
    .description("Print the settings of the fleet and of labels as JSON, or what one device collects.")
    .option("--host <id>", "what this device collects, its labels considered", parseId)
    .action(async () => {
      const options: { host?: number } = get.optsWithGlobals();
      const { call } = await connect(io, get.optsWithGlobals());
      const { host } = options;
      printJson(
        io,
        host === undefined ? await call(api.getCollectionSettings) : await call(api.getHostCollection, { params: { id: host } }),
      );
    });
  const set = group
    .command("set")
    .summary("replace the settings")
    .description("Replace all settings by those of a file, in the form that `muster collection get` prints.")
    .argument("<file>", "JSON file; - reads the standard input")
    .action(async (file: string) => {
      const { call } = await connect(io, set.optsWithGlobals());
      await call(api.putCollectionSettings, { body: settingsOf(await readJson(io, file)) });
      printNote(io, "Saved: agents learn of it at their next check-in.");
    });
  addExamples(set, [["muster collection get > c.json && $EDITOR c.json && muster collection set c.json", "change the settings"]]);
}

/** What was printed can be given back: the names of labels, which are only for people, are left out. */
function settingsOf(value: unknown): Settings {
  if (typeof value !== "object" || value === null) throw new CliError(EXIT.usage, "The settings must be a JSON object.");
  const { labels, ...rest } = value as { labels?: unknown } & Settings;
  if (!Array.isArray(labels)) return rest;
  const known = (labels as Record<string, unknown>[]).map(({ label_name: _name, ...label }) => label);
  return { ...rest, labels: known as NonNullable<Settings["labels"]> };
}
