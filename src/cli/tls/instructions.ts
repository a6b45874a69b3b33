import { osqueryFlags, tlsHostname } from "#domain/devices/osquery-flags.ts";
import type { TlsFiles } from "./files.ts";

/** What to do with a new certificate; every value can be copied. */
export interface TlsInstructions {
  files: TlsFiles;
  names: string[];
  ca_expires_at: string;
  expires_at: string;
  environment: Record<string, string>;
  osquery_flags: string[];
  agent_command: string;
}

/** Where osquery's packages look for their files on Linux; other systems: docs/guide/add-devices.md. */
const OSQUERY_CA = "/etc/osquery/muster-ca.pem";
const OSQUERY_SECRET = "/etc/osquery/enroll_secret";
const AGENT_CA = "/etc/muster/ca.pem";

export interface TlsFacts {
  files: TlsFiles;
  /** The address that browsers and devices use. */
  publicUrl: string;
  names: string[];
  caExpiresAt: Date;
  expiresAt: Date;
}

/** What to set on the server, and what devices need to trust it. */
export function tlsInstructions({ files, publicUrl, names, caExpiresAt, expiresAt }: TlsFacts): TlsInstructions {
  return {
    files,
    names,
    ca_expires_at: caExpiresAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    environment: {
      MUSTER_HOST: "0.0.0.0",
      MUSTER_PUBLIC_URL: publicUrl,
      MUSTER_TLS_CERT: files.certificate,
      MUSTER_TLS_KEY: files.key,
    },
    osquery_flags: osqueryFlags({
      tls_hostname: tlsHostname(publicUrl),
      tls_server_certs: OSQUERY_CA,
      enroll_secret_path: OSQUERY_SECRET,
    }),
    agent_command: `muster agent --server ${publicUrl} --ca ${AGENT_CA} --enroll-secret <secret>`,
  };
}

/** The instructions as text for people. */
export function instructionLines(made: TlsInstructions, keptAuthority: boolean): string[] {
  const { files } = made;
  return [
    `In ${files.directory}:`,
    `  ca.pem          the CA's certificate, ${keptAuthority ? "as it was" : "for every device"}; until ${made.ca_expires_at.slice(0, 10)}`,
    "  ca-key.pem      the CA's private key; whoever has it can pose as this server",
    `  server.pem      the server's certificate for ${made.names.join(", ")}; until ${made.expires_at.slice(0, 10)}`,
    "  server-key.pem  its private key",
    "",
    "1. Start the server with these variables (0.0.0.0: reachable from other machines):",
    "",
    ...Object.entries(made.environment).map(([name, value]) => `${name}=${shellWord(value)}`),
    "",
    `2. A device with osquery: copy ca.pem to ${OSQUERY_CA}, write the enroll secret`,
    `   (muster enroll-secret get) to ${OSQUERY_SECRET}, and start osqueryd with these flags:`,
    "",
    ...made.osquery_flags,
    "",
    `3. A device with Muster's agent: copy ca.pem to ${AGENT_CA} and run, as root:`,
    "",
    made.agent_command,
  ];
}

/** Quotes for a POSIX shell where needed: a data directory may have spaces in its name. */
function shellWord(text: string): string {
  return /^[\w./:@%+=,[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
