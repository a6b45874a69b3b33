import { ApiError } from "#client/client.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What a failed call means to the person who made it. */
export interface CallSite {
  server: string;
  /** Was a token sent? */
  authenticated: boolean;
}

const CODES: Readonly<Record<number, ExitCode>> = {
  0: EXIT.unreachable,
  401: EXIT.forbidden,
  403: EXIT.forbidden,
  404: EXIT.notFound,
  502: EXIT.unreachable,
  503: EXIT.unreachable,
  504: EXIT.unreachable,
};

/** Turns any error of a call into one sentence with its remedy and an exit code. */
export function explainRefusal(error: unknown, site: CallSite): CliError {
  if (error instanceof CliError) return error;
  if (!(error instanceof ApiError)) return new CliError(EXIT.unreachable, brokenSentence(site.server), error);
  return new CliError(CODES[error.status] ?? EXIT.failure, sentenceOf(error, site), error);
}

function sentenceOf(error: ApiError, site: CallSite): string {
  const { server, authenticated } = site;
  if (error.status === 0) return unreachableSentence(error.cause, server);
  if (error.status === 401) {
    const remedy = `Run \`muster login --server ${server}\`, or set MUSTER_TOKEN.`;
    return authenticated
      ? `${server} does not accept this token: it is wrong, or it has ended. ${remedy}`
      : `Not logged in to ${server}. ${remedy}`;
  }
  if (error.status === 429) {
    const wait = error.retryAfter === null ? "Wait a while" : `Wait ${error.retryAfter} s`;
    return `${reasonsOf(error)} ${wait} and try again.`;
  }
  if (error.status === 403 && error.body === null) return `${server} does not allow this.`;
  if (error.body === null && error.status === 404)
    return `${server} does not know this call: is it the address of a Muster server?`;
  const uuid = error.status >= 500 && error.body !== null ? ` Its log names this failure ${error.body.uuid}.` : "";
  return `${reasonsOf(error)}${uuid}`;
}

/** All reasons the server gave, each with the field that it is about. */
export function reasonsOf(error: ApiError): string {
  const reasons = error.body?.errors ?? [];
  if (reasons.length === 0) return error.message;
  return reasons.map(({ name, reason }) => (name === "base" || name === "" ? reason : `${name}: ${reason}`)).join(" ");
}

function brokenSentence(server: string): string {
  return `The connection to ${server} broke before the answer was complete; try again.`;
}

const REASONS: Readonly<Record<string, (server: string) => string>> = {
  ECONNREFUSED: (server) =>
    `Nothing listens at ${server}: is the server running, and is its address right (--server, MUSTER_SERVER)?`,
  ENOTFOUND: (server) => `${server} cannot be reached: no such host name. Check --server or MUSTER_SERVER.`,
  EAI_AGAIN: (server) => `${server} cannot be reached: its name cannot be looked up now. Check the network.`,
  ERR_TLS_CERT_ALTNAME_INVALID: (server) =>
    `${server} shows a certificate for other names; use a name that the certificate holds.`,
  CERT_HAS_EXPIRED: (server) => `The certificate of ${server} has expired; renew it (\`muster tls --renew\`).`,
  ERR_SSL_WRONG_VERSION_NUMBER: (server) => `${server} does not speak HTTPS there; is it http://?`,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: (server) => `${server} does not speak HTTPS there; is it http://?`,
};
const UNTRUSTED = /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED)/;

function unreachableSentence(cause: unknown, server: string): string {
  const { code, name } = rootOf(cause);
  if (name === "TimeoutError") return `${server} did not answer in time; try again, and look at the server if it stays so.`;
  if (UNTRUSTED.test(code)) {
    return `The certificate of ${server} is not signed by an authority that this machine trusts; give its CA with --ca ca.pem or MUSTER_CA.`;
  }
  return (
    REASONS[code]?.(server) ?? `${server} cannot be reached${code === "" ? "" : ` (${code})`}; check the address and the network.`
  );
}

/** What is at the bottom of an error of `fetch`: the system's or TLS's own code. */
function rootOf(error: unknown): { code: string; name: string } {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  const code = root instanceof Error && "code" in root ? String(root.code) : "";
  return { code, name: root instanceof Error ? root.name : "" };
}
