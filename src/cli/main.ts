import { Command, CommanderError } from "commander";
import { VERSION } from "#domain/core/version.ts";
import { addCollection } from "./commands/collection.ts";
import { addIdentity } from "./commands/identity.ts";
import { addTitles } from "./commands/correct-titles.ts";
import { addDecisions } from "./commands/decisions.ts";
import { addEnrollSecret } from "./commands/enroll-secret.ts";
import { addExport } from "./commands/export.ts";
import { addFeeds } from "./commands/feeds.ts";
import { addRescan } from "./commands/rescan.ts";
import { addSbom } from "./commands/sbom.ts";
import { addFixFirst } from "./commands/fix-first.ts";
import { addGetActivities } from "./commands/get-activities.ts";
import { addGetHistory } from "./commands/get-history.ts";
import { addGetHost } from "./commands/get-host.ts";
import { addGetHosts } from "./commands/get-hosts.ts";
import { addGetOsVersions } from "./commands/get-os-versions.ts";
import { addGetVulnerabilities } from "./commands/get-vulnerabilities.ts";
import { addExplain } from "./commands/explain.ts";
import { addGetSoftware } from "./commands/get-software.ts";
import { addGetLabels } from "./commands/get-labels.ts";
import { addLabel } from "./commands/label.ts";
import { addNotifications } from "./commands/notifications.ts";
import { addLogin } from "./commands/login.ts";
import { addTls } from "./commands/make-certificates.ts";
import { addVersion } from "./commands/show-version.ts";
import { addVex } from "./commands/vex.ts";
import { CliError, EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { processIo } from "./io.ts";
import type { CliIo } from "./io.ts";
import { visible } from "./output/visible.ts";

const HELP_COLUMNS_MAX = 120;

/**
 * Runs one command line and says how it ended. Everything it prints goes through `io`; it never ends the process itself.
 *
 * @param argv the words after `muster`
 */
export async function runCli(argv: readonly string[], io: CliIo = processIo()): Promise<ExitCode> {
  try {
    await buildProgram(io).parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    // commander has printed what it had to say, help included
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    io.stderr.write(`muster: ${visible(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof CliError ? error.exitCode : EXIT.failure;
  }
}

/** The whole command line, ready to parse. The reference is made from it as well. */
export function buildProgram(io: CliIo): Command {
  const program = new Command("muster")
    .description("Muster: software management for device fleets.")
    .version(VERSION, "-V, --version", "print the version")
    .option("--server <url>", "address of the server (or MUSTER_SERVER; else the last login's, else http://127.0.0.1:8080)")
    .option("--token <token>", "API token (or MUSTER_TOKEN, which other users of this machine cannot see)")
    .option("--ca <file>", "PEM file of a CA to trust besides the usual ones (or MUSTER_CA)")
    .exitOverride()
    .showHelpAfterError("Add --help to see what is possible.")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(visible(text.trimEnd().replace(/^error:/, "muster:")) + "\n"),
      getOutHelpWidth: () => helpWidth(io.stdout.columns),
      getErrHelpWidth: () => helpWidth(io.stderr.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addDispatched(program);
  addTls(program, io);
  addLogin(program, io);
  addGet(program, io);
  addExport(program, io);
  addSbom(program, io);
  addExplain(program, io);
  addLabel(program, io);
  addCollection(program, io);
  addEnrollSecret(program, io);
  addTitles(program, io);
  addIdentity(program, io);
  addFeeds(program, io);
  addVulnerabilities(program, io);
  addDecisions(program, io);
  addVex(program, io);
  addNotifications(program, io);
  addVersion(program, io);
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `  ${code}  ${meaning}`);
  return program.addHelpText("after", `\nExit codes:\n${codes.join("\n")}`);
}

function addVulnerabilities(program: Command, io: CliIo): void {
  const group = program
    .command("vulnerabilities")
    .summary("what to do about vulnerabilities")
    .description("What to do about vulnerabilities.");
  addFixFirst(group, io);
  addRescan(group, io);
}

function addGet(program: Command, io: CliIo): void {
  const get = program.command("get").summary("read from the server").description("Read from the server.");
  addGetHosts(get, io);
  addGetHost(get, io);
  addGetSoftware(get, io);
  addGetHistory(get, io);
  addGetOsVersions(get, io);
  addGetLabels(get, io);
  addGetActivities(get, io);
  addGetVulnerabilities(get, io);
}

/** Commands of other parts: bin/muster.ts starts them before this program is asked; here they are described. */
function addDispatched(program: Command): void {
  program
    .command("serve")
    .summary("start the server")
    .description("Start the server. Its configuration comes from the environment: docs/reference/configuration.md.")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CliError(
        EXIT.usage,
        "`muster serve` takes no options: its configuration comes from the environment (docs/reference/configuration.md).",
      );
    });
  program
    .command("doctor")
    .summary("prove that the database agrees with itself, and repair it")
    .description(
      "Prove that the inventory in the server's database agrees with itself; with --repair, put right what is not. Runs on the server's machine. `muster doctor --help` shows its options.",
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CliError(EXIT.usage, "Put `doctor` first, and its options after it: muster doctor --repair");
    });
  program
    .command("agent")
    .summary("run the device agent")
    .description("Run the device agent on this machine. `muster agent --help` shows its options.")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CliError(EXIT.usage, "Put `agent` first, and its options after it: muster agent --server …");
    });
}

function helpWidth(columns: number | undefined): number {
  return Math.min(columns ?? HELP_COLUMNS_MAX, HELP_COLUMNS_MAX);
}
