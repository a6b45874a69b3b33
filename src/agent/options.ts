import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

/** How the agent runs; from the command line and the environment. */
export interface AgentOptions {
  /** The server's address: `https://muster.example.com`, without a trailing slash. */
  server: string;
  /** null for a device that is enrolled already. */
  enrollSecret: string | null;
  stateDir: string;
  /** True: report and never change anything on this device. */
  inventoryOnly: boolean;
  /** PEM file of the authorities to trust instead of the built-in ones. */
  caFile?: string;
  /** Replaces the interval between full reports that the server asks for. */
  intervalSeconds?: number;
}

/** A wrong option; the message is one sentence with the remedy. */
export class OptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OptionError";
  }
}

export const STATE_DIR_DEFAULT = "/var/lib/muster-agent";
const SECRET_LENGTH_MAX = 255;

export const AGENT_HELP = `Usage: muster agent --server <address> [options]

Reports this device's software to a Muster server and keeps the report up to date: a change of installed packages
arrives within seconds. Runs until it is stopped (SIGTERM, Ctrl-C); a service manager should restart it.

Options:
  --server <address>           the server, for example https://muster.example.com (or MUSTER_SERVER)
  --enroll-secret <secret>     needed once, to enrol (better: MUSTER_ENROLL_SECRET or the file, which others cannot see)
  --enroll-secret-file <file>  a file that holds the enroll secret
  --state-dir <directory>      where the device's key is kept (default ${STATE_DIR_DEFAULT}, or MUSTER_STATE_DIR)
  --ca <file>                  PEM file of the authorities to trust instead of the built-in ones
  --interval <seconds>         time between full reports, instead of what the server asks for
  --inventory-only             report, and never change anything on this device
  --verbose                    log details
  --help                       show this

Examples:
  sudo MUSTER_ENROLL_SECRET=… muster agent --server https://muster.example.com
  sudo muster agent --server https://muster.example.com --ca /etc/muster/ca.pem --enroll-secret-file /etc/muster/secret
`;

const PARSER = {
  server: { type: "string" },
  "enroll-secret": { type: "string" },
  "enroll-secret-file": { type: "string" },
  "state-dir": { type: "string" },
  ca: { type: "string" },
  interval: { type: "string" },
  "inventory-only": { type: "boolean" },
  verbose: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** What a command line asks for: the help text, or to run. */
export type AgentInvocation = { help: true } | { help: false; options: AgentOptions; verbose: boolean };

/**
 * Reads the agent's command line; what it leaves out comes from `MUSTER_SERVER`, `MUSTER_ENROLL_SECRET` and `MUSTER_STATE_DIR`.
 *
 * @param argv the arguments after `muster agent`
 * @throws OptionError
 */
export async function agentOptions(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<AgentInvocation> {
  const values = parse(argv);
  if (values.help === true) return { help: true };
  const server = serverAddress(values.server ?? env["MUSTER_SERVER"]);
  const interval = values.interval === undefined ? undefined : intervalSeconds(values.interval);
  const options: AgentOptions = {
    server,
    enrollSecret: await enrollSecret(values["enroll-secret"], values["enroll-secret-file"], env["MUSTER_ENROLL_SECRET"]),
    stateDir: values["state-dir"] ?? env["MUSTER_STATE_DIR"] ?? STATE_DIR_DEFAULT,
    inventoryOnly: values["inventory-only"] === true,
    ...(values.ca === undefined ? {} : { caFile: values.ca }),
    ...(interval === undefined ? {} : { intervalSeconds: interval }),
  };
  return { help: false, options, verbose: values.verbose === true };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: PARSER, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // node:util's own words name the option; only its advice on positionals is left out.
    const message = error instanceof Error ? (error.message.split(". To specify")[0] ?? "") : String(error);
    throw new OptionError(`${message.replace(/\.$/, "")}; see muster agent --help.`);
  }
}

/** The address without a trailing slash. @throws OptionError */
export function serverAddress(text: string | undefined): string {
  if (text === undefined || text === "") {
    throw new OptionError("No server is given: name it with --server, for example --server https://muster.example.com.");
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new OptionError(`--server ${text} is not an address: write it as https://muster.example.com.`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new OptionError(`--server ${text} is not an address that starts with https:// or http://.`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new OptionError("--server takes an address without user, password, question mark and hash.");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

async function enrollSecret(
  given: string | undefined,
  file: string | undefined,
  env: string | undefined,
): Promise<string | null> {
  if (given !== undefined && file !== undefined) {
    throw new OptionError("Give the enroll secret by --enroll-secret or by --enroll-secret-file, not by both.");
  }
  const secret = file === undefined ? (given ?? env) : await secretFromFile(file);
  if (secret === undefined) return null;
  const trimmed = secret.trim();
  if (trimmed === "") throw new OptionError("The enroll secret is empty: copy it from the server's page Add device.");
  if (trimmed.length > SECRET_LENGTH_MAX)
    throw new OptionError(`The enroll secret is longer than ${SECRET_LENGTH_MAX} characters.`);
  return trimmed;
}

async function secretFromFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new OptionError(
      `--enroll-secret-file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function intervalSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) {
    throw new OptionError(`--interval ${text} is not a whole number of seconds from 1 to 86400.`);
  }
  return seconds;
}
