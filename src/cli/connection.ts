import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createClient } from "#client/client.ts";
import type { Client } from "#client/client.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { CliIo } from "./io.ts";
import { variable } from "./io.ts";
import type { Login } from "./logins.ts";
import { readLogins } from "./logins.ts";
import { explainRefusal } from "./refusal.ts";
import { serverAddress } from "./server-address.ts";
import { waitForCounts } from "./wait-for-counts.ts";

/** Options that every command which talks to a server has. */
export interface ServerOptions {
  server?: string;
  token?: string;
  ca?: string;
}

/** A server, and calls to it whose failures are {@link CliError}s. */
export interface Connection {
  server: string;
  call: Client["call"];
  /** Asks for a file; without the limit of time that other calls have, because a large one takes long. */
  download: Client["download"];
  /** The saved login for this server, whether it is used or not. */
  saved: Login | null;
}

export const SERVER_DEFAULT = "http://127.0.0.1:8080";
const CALL_TIMEOUT_MS = 60_000;

/**
 * Finds the server and the token: option, then variable, then saved login. A saved token goes to the server it was made by and to
 * no other.
 *
 * @throws {CliError} for an address, a token or a CA file that is not usable.
 */
export async function connect(io: CliIo, options: ServerOptions): Promise<Connection> {
  const given = options.token ?? variable(io, "MUSTER_TOKEN");
  const { server, saved } = await findServer(io, options);
  const token = given ?? saved?.token;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CliError(EXIT.usage, "The token holds characters that no token has; copy it again (--token, MUSTER_TOKEN).");
  }
  await trustAuthority(options.ca ?? variable(io, "MUSTER_CA"));
  const identity = token === undefined ? {} : { token };
  const client = createClient({ baseUrl: server, fetch: withTimeout(io.fetch), ...identity });
  const unlimited = createClient({ baseUrl: server, fetch: io.fetch, ...identity });
  const download = async (...input: Parameters<Client["download"]>): Promise<Response> => {
    try {
      return await waitForCounts(io, () => unlimited.download(...input));
    } catch (error) {
      throw explainRefusal(error, { server, authenticated: token !== undefined });
    }
  };
  const call = async (...input: Parameters<Client["call"]>): Promise<unknown> => {
    try {
      return await waitForCounts(io, () => client.call(...input));
    } catch (error) {
      throw explainRefusal(error, { server, authenticated: token !== undefined });
    }
  };
  return { server, saved, call: call as Client["call"], download: download as Client["download"] };
}

async function findServer(io: CliIo, options: ServerOptions): Promise<{ server: string; saved: Login | null }> {
  const named =
    options.server === undefined
      ? addressFrom(variable(io, "MUSTER_SERVER"), "MUSTER_SERVER")
      : addressFrom(options.server, "--server");
  const logins = await readLogins(io);
  const server = named ?? logins.server ?? SERVER_DEFAULT;
  return { server, saved: logins.logins[server] ?? null };
}

function addressFrom(text: string | undefined, origin: string): string | undefined {
  return text === undefined ? undefined : serverAddress(text, origin);
}

/** Trusts a CA of one's own besides the built-in ones, for this process. */
async function trustAuthority(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (error) {
    throw new CliError(EXIT.usage, `The CA file ${file} cannot be read: ${(error as Error).message} (--ca, MUSTER_CA).`, error);
  }
  setDefaultCACertificates([...getCACertificates("default"), ...certificatesOf(pem, file)]);
}

/** Node takes text that holds no certificate without a word, and then trusts nothing new. */
function certificatesOf(pem: string, file: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate).toString();
  } catch (error) {
    throw notPem(file, error);
  }
  if (certificates.length === 0) throw notPem(file);
  return certificates;
}

function notPem(file: string, cause?: unknown): CliError {
  return new CliError(EXIT.usage, `${file} holds no certificate in PEM form (--ca, MUSTER_CA).`, cause);
}

function withTimeout(send: typeof fetch): typeof fetch {
  return (input, init) => send(input, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
}
