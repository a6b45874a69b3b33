import type { Command, Option } from "commander";
import { examplesOf } from "./commands/describe.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";
import type { CliIo } from "./io.ts";
import { buildProgram } from "./main.ts";

/** The variables that the command line reads, besides those of the server that `muster tls` looks at. */
const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["MUSTER_SERVER", "Address of the server, like `--server`."],
  ["MUSTER_TOKEN", "API token, like `--token`. It goes before a kept login."],
  ["MUSTER_CA", "PEM file of a CA to trust, like `--ca`."],
  ["MUSTER_EMAIL", "E-mail address for `muster login`, like `--email`."],
  ["MUSTER_PASSWORD", "Password for `muster login`. It is not kept."],
  ["XDG_CONFIG_HOME", "Where logins are kept (`muster/logins.json` in it); default `~/.config`, on Windows `%APPDATA%`."],
];

/** The page docs/reference/cli.md: every command with its options and examples, made from the program itself. */
export function cliReference(): string {
  const program = buildProgram(SILENT);
  return [
    "# Command line",
    "",
    "Every command shows this with `--help`. In Muster's folder the program is called as `npx muster`.",
    "",
    "## Options of every command",
    "",
    ...optionTable(program),
    "",
    ...program.commands.flatMap((command) => commandSections(command, "muster")),
    "## Variables",
    "",
    ...markdownTable(
      ["Variable", "Meaning"],
      VARIABLES.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    "",
    "## Exit codes",
    "",
    ...markdownTable(
      ["Code", "Meaning"],
      EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    ),
    "",
    "This page is made by `npm run generate` from `src/cli`.",
    "",
  ].join("\n");
}

/** A command that only groups others has no section of its own. */
function commandSections(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((one) => commandSections(one, name));
  const words = command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
  const examples = examplesOf(command);
  return [
    `## ${[name, ...words].join(" ")}`,
    "",
    command.description(),
    "",
    ...aliasLines(command, parent),
    ...argumentLines(command),
    ...(command.options.length === 0 ? [] : [...optionTable(command), ""]),
    ...(examples.length === 0
      ? []
      : ["```console", ...examples.flatMap(([line, meaning]) => [`# ${meaning}`, `$ ${line}`]), "```", ""]),
  ];
}

function aliasLines(command: Command, parent: string): string[] {
  return command.aliases().length === 0
    ? []
    : [
        `Also: ${command
          .aliases()
          .map((alias) => `\`${parent} ${alias}\``)
          .join(", ")}.`,
        "",
      ];
}

function argumentLines(command: Command): string[] {
  const lines = command.registeredArguments.map((one) => `- \`${one.name()}\`: ${one.description}`);
  return lines.length === 0 ? [] : [...lines, ""];
}

function optionTable(command: Command): string[] {
  return markdownTable(["Option", "Meaning"], command.options.filter((option) => !option.hidden).map(optionCells));
}

function optionCells(option: Option): [string, string] {
  const choices = option.argChoices === undefined ? "" : `: ${option.argChoices.map((choice) => `\`${choice}\``).join(", ")}`;
  const preset = option.defaultValueDescription ?? (option.defaultValue as string | number | undefined);
  const fallback = preset === undefined ? "" : ` (default: ${preset})`;
  return [`\`${option.flags}\``, `${option.description}${choices}${fallback}`];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [tableLine(head), tableLine(head.map(() => "---")), ...rows.map(tableLine)];
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Nothing is run for the reference, so nothing is written, asked or fetched. */
const SILENT: CliIo = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  isTty: false,
  fetch,
  now: () => new Date(0),
  ask: () => Promise.resolve(null),
  readStdin: () => Promise.resolve(""),
};
