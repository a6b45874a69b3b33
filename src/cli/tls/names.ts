import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { CliError, EXIT } from "../exit-codes.ts";

/** A name or an address that a certificate speaks for. */
export interface CertificateName {
  type: "dns" | "ip";
  value: string;
}

const LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const DNS_NAME = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*$`);

/**
 * Reads a host as people write it: a DNS name (also international, also `*.example.org`) or an IP address (IPv6 with or without
 * brackets).
 *
 * @throws {CliError} when a certificate cannot hold it; a URL or a port is a frequent mistake and named as such.
 */
export function certificateName(text: string): CertificateName {
  const bare = text.trim().replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return { type: "ip", value: bare.toLowerCase() };
  const wild = bare.startsWith("*.") ? "*." : "";
  const name = bare.includes("/") || bare.includes(":") ? "" : wild + domainToASCII(bare.slice(wild.length).replace(/\.$/, ""));
  if (name.length <= 253 && DNS_NAME.test(name)) return { type: "dns", value: name };
  throw new CliError(
    EXIT.usage,
    `--host takes a host name or an IP address, without scheme, port or path; "${text}" is neither.`,
  );
}

/** The names without repetitions, in order. */
export function distinctNames(names: readonly CertificateName[]): CertificateName[] {
  return [...new Map(names.map((name) => [`${name.type}:${name.value}`, name])).values()];
}

/** How a name stands in an address: IPv6 in brackets. */
export function hostInUrl(name: CertificateName): string {
  return name.type === "ip" && name.value.includes(":") ? `[${name.value}]` : name.value;
}
