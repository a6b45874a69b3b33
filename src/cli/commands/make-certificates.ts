import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { variable } from "../io.ts";
import { printJson, printLines } from "../output/print.ts";
import { existingFiles, readAuthority, readServerCertificate, tlsFiles, writePairs } from "../tls/files.ts";
import { instructionLines, tlsInstructions } from "../tls/instructions.ts";
import type { CertificateName } from "../tls/names.ts";
import { certificateName, distinctNames, hostInUrl } from "../tls/names.ts";
import { addExamples } from "./describe.ts";

interface TlsOptions {
  host?: CertificateName[];
  directory?: string;
  port?: number;
  force?: true;
  renew?: true;
  json?: true;
}

/** Names under which the machine itself reaches the server, in every certificate. */
const LOCAL: readonly CertificateName[] = [
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
  { type: "ip", value: "::1" },
];
const PORT_DEFAULT = 8080;

/** `muster tls`. */
export function addTls(program: Command, io: CliIo): void {
  const command = program
    .command("tls")
    .summary("make a CA and a server certificate")
    .description(
      "Make a CA of your own and a server certificate signed by it, and print what to set on the server and on devices. Not needed with a certificate of a public authority, or behind a proxy that has one.",
    )
    .option(
      "--host <name...>",
      "names and IP addresses of the server; the first is the one devices use (default: this machine's name)",
      addName,
    )
    .option("--port <n>", "port of the server in the printed address (or MUSTER_PORT; default 8080)", parsePort)
    .option("--directory <path>", "where the files go (default: tls in MUSTER_DATA_DIR, which is ./data)")
    .option("--renew", "a new server certificate from the CA that is there; same names unless --host is given")
    .addOption(new Option("--force", "replace everything, the CA too: every device needs the new one").conflicts("renew"))
    .option("--json", "print as JSON")
    .action(async () => runTls(io, command.opts()));
  addExamples(command, [
    ["muster tls --host muster.example.org --host 10.0.0.5", "a CA, and a certificate for this name and address"],
    ["muster tls --renew", "once a year: a new certificate, nothing to change on devices"],
  ]);
}

async function runTls(io: CliIo, options: TlsOptions): Promise<void> {
  const files = tlsFiles(resolve(options.directory ?? join(variable(io, "MUSTER_DATA_DIR") ?? "data", "tls")));
  const exist = await existingFiles(files);
  if (exist[0] !== undefined && options.force !== true && options.renew !== true) {
    throw new CliError(
      EXIT.failure,
      `${exist[0]} exists already; --renew makes a new server certificate from this CA, --force replaces everything.`,
    );
  }
  // loaded here: the library is large and no other command needs it
  const { endOf, makeAuthority, makeServerCertificate, namesOf } = await import("../tls/certificates.ts");
  const now = io.now();
  const authority = options.renew === true ? await readAuthority(files) : await makeAuthority(now);
  const given = options.host ?? (options.renew === true ? namesOf(await readServerCertificate(files)) : [machineName()]);
  const names = distinctNames([...given, ...LOCAL]);
  const server = await makeServerCertificate(authority, names, now);
  // with the CA's certificate behind it, the file also serves clients on this machine as what to trust
  const chain = { ...server, certificate: server.certificate + authority.certificate };
  await writePairs(files, chain, options.renew === true ? null : authority);
  const made = tlsInstructions({
    files,
    publicUrl: publicUrl(names, portOf(io, options)),
    names: names.map(({ value }) => value),
    caExpiresAt: endOf(authority.certificate),
    expiresAt: endOf(server.certificate),
  });
  if (options.json === true) printJson(io, made);
  else printLines(io, instructionLines(made, options.renew === true));
}

function addName(text: string, previous: CertificateName[] | undefined): CertificateName[] {
  return [...(previous ?? []), certificateName(text)];
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError("It must be a port number from 1 to 65535.");
  return port;
}

function portOf(io: CliIo, options: TlsOptions): number {
  const set = Number(variable(io, "MUSTER_PORT") ?? PORT_DEFAULT);
  return options.port ?? (Number.isInteger(set) && set > 0 && set < 65_536 ? set : PORT_DEFAULT);
}

/** This machine's name, as far as a certificate can hold it. */
function machineName(): CertificateName {
  try {
    return certificateName(hostname());
  } catch {
    return LOCAL[0] as CertificateName;
  }
}

/** A wildcard is no address; then the first plain name is taken. */
function publicUrl(names: readonly CertificateName[], port: number): string {
  const name = names.find(({ value }) => !value.startsWith("*.")) ?? { type: "dns", value: "localhost" };
  return `https://${hostInUrl(name)}${port === 443 ? "" : `:${port}`}`;
}
