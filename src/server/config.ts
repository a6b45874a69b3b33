import { resolve } from "node:path";

/** What a process of Muster does: `web` answers HTTP, `worker` runs jobs, `all` both. */
export const ROLES = ["all", "web", "worker"] as const;
export type ServerRole = (typeof ROLES)[number];

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The server's configuration, read once at start. */
export interface Config {
  host: string;
  port: number;
  /** Origin that browsers and devices use, without a slash at the end; null: derived from host and port. */
  publicUrl: string | null;
  /** Absolute path. */
  dataDir: string;
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  databaseReplicaUrl: string | null;
  roles: ServerRole[];
  adminToken: string | null;
  enrollSecret: string | null;
  localDevice: boolean;
  /** Seconds between a device's full reports; 0: at every poll. */
  inventoryIntervalSeconds: number;
  /** Days for which the software history is kept. */
  historyRetentionDays: number;
  /** The devices are simulated: the web interface says so. */
  demonstration: boolean;
  /** Publishers of vulnerability feeds are asked; false: only directories and imports count. */
  feeds: boolean;
  feedsDir: string | null;
  /** Origin (and path) of an internal mirror of the publishers. */
  feedsMirror: string | null;
  nvdApiKey: string | null;
  vulncheckToken: string | null;
  /** Mail server for notifications; null: no e-mail is sent. */
  smtpUrl: string | null;
  /** Sender of e-mail. */
  smtpFrom: string | null;
  /** Keys for secrets in the database, the present one first; null: those of a file in the data directory. */
  secretKeys: string[] | null;
  tlsCert: string | null;
  tlsKey: string | null;
  logLevel: LogLevel;
}

/** A wrong configuration. The message is one sentence: the variable, its value, what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** One environment variable: everything that reading it and documenting it needs. */
export interface Variable<T = unknown> {
  name: string;
  /** As written in the environment; null: there is none. */
  fallback: string | null;
  /** What is allowed, in the words of the error message: "X must be …". */
  allowed: string;
  /** For the reference. */
  description: string;
  /** The value is never repeated in messages. */
  secret?: true;
  /** Undefined: not allowed. */
  parse: (text: string) => T | undefined;
}

/** Every variable, by the field of {@link Config} it fills. docs/reference/configuration.md is generated from this table. */
export const VARIABLES: { [K in keyof Config]: Variable<NonNullable<Config[K]>> } = {
  host: {
    name: "MUSTER_HOST",
    fallback: "127.0.0.1",
    allowed: "an IP address or host name of this machine, for example 127.0.0.1 or 0.0.0.0",
    description: "Address to listen on. The default is reachable from this machine only; `0.0.0.0` opens it to the network.",
    parse: (value) => (/^[\w.:-]+$/.test(value) ? value : undefined),
  },
  port: {
    name: "MUSTER_PORT",
    fallback: "8080",
    allowed: "a port number from 0 to 65535 (0 picks a free one)",
    description: "Port to listen on.",
    parse: (value) => wholeNumber(value, 0, 65_535),
  },
  publicUrl: {
    name: "MUSTER_PUBLIC_URL",
    fallback: null,
    allowed: "an origin with http or https and no path, for example https://muster.example.org",
    description: "The origin that browsers and devices use, when it is not host and port: behind a proxy or a name.",
    parse: parseOrigin,
  },
  dataDir: {
    name: "MUSTER_DATA_DIR",
    fallback: "./data",
    allowed: "a directory",
    description: "Directory of everything Muster keeps: the embedded database, packages, keys. Made when missing.",
    parse: (value) => resolve(value),
  },
  databaseUrl: {
    name: "DATABASE_URL",
    fallback: null,
    allowed: "a PostgreSQL address, for example postgres://user:password@host:5432/muster",
    description: "A PostgreSQL of version 15 or newer. Without it Muster starts its own in the data directory.",
    secret: true,
    parse: parsePostgresUrl,
  },
  databaseReplicaUrl: {
    name: "DATABASE_REPLICA_URL",
    fallback: null,
    allowed: "a PostgreSQL address, for example postgres://user:password@replica:5432/muster",
    description: "A hot standby of `DATABASE_URL` for read-only queries.",
    secret: true,
    parse: parsePostgresUrl,
  },
  roles: {
    name: "MUSTER_ROLES",
    fallback: "all",
    allowed: "one or more of all, web, worker, separated by commas",
    description: "What this process does: `web` answers HTTP, `worker` runs background jobs, `all` both.",
    parse: parseRoles,
  },
  adminToken: {
    name: "MUSTER_ADMIN_TOKEN",
    fallback: null,
    allowed: "16 to 255 visible characters without spaces",
    description: "API token of a global administrator, made at start when given. For automation; remove it to revoke the token.",
    secret: true,
    parse: parseSecret,
  },
  enrollSecret: {
    name: "MUSTER_ENROLL_SECRET",
    fallback: null,
    allowed: "16 to 255 visible characters without spaces",
    description: "Secret that devices enrol with, added at start when given. Without it one is generated; Settings shows it.",
    secret: true,
    parse: parseSecret,
  },
  localDevice: {
    name: "MUSTER_LOCAL_DEVICE",
    fallback: "on",
    allowed: "on or off",
    description: "Whether the machine that the server runs on becomes a device itself (inventory only).",
    parse: parseSwitch,
  },
  inventoryIntervalSeconds: {
    name: "MUSTER_INVENTORY_INTERVAL",
    fallback: "3600",
    allowed: "a whole number of seconds from 0 to 604800",
    description: "Seconds between two full reports of a device. 0 asks at every poll, which is for measuring only.",
    parse: (value) => wholeNumber(value, 0, 604_800),
  },
  historyRetentionDays: {
    name: "MUSTER_HISTORY_RETENTION",
    fallback: "400",
    allowed: "a whole number of days from 1 to 36500",
    description:
      "Days for which the history of software is kept: what was removed, updated or installed longer ago is forgotten. What devices hold now is not touched.",
    parse: (value) => wholeNumber(value, 1, 36_500),
  },
  demonstration: {
    name: "MUSTER_DEMONSTRATION",
    fallback: "off",
    allowed: "on or off",
    description: "Whether the web interface says that the devices are simulated. `npm run demo` sets it; nothing else should.",
    parse: parseSwitch,
  },
  feeds: {
    name: "MUSTER_FEEDS",
    fallback: "on",
    allowed: "on or off",
    description:
      "Whether vulnerability feeds are fetched from their publishers. What is imported or lies in `MUSTER_FEEDS_DIR` is loaded either way.",
    parse: parseSwitch,
  },
  feedsDir: {
    name: "MUSTER_FEEDS_DIR",
    fallback: null,
    allowed: "a directory, or an archive (tar, zip) of one",
    description:
      "A directory with files of vulnerability feeds, looked through for changes. With it nothing is fetched from the publishers.",
    parse: (value) => resolve(value),
  },
  feedsMirror: {
    name: "MUSTER_FEEDS_MIRROR",
    fallback: null,
    allowed: "an address with http or https, for example https://mirror.example.org/feeds",
    description: "An internal mirror: what a publisher has at `https://<host>/<path>` is fetched from `<mirror>/<host>/<path>`.",
    parse: (value) => (/^https?:\/\/[^\s?#]+$/.test(value) && URL.canParse(value) ? value.replace(/\/$/, "") : undefined),
  },
  smtpUrl: {
    name: "MUSTER_SMTP_URL",
    fallback: null,
    allowed: "the address of a mail server, for example smtp://user:password@mail.example.org:587 or smtps://…",
    description: "Mail server that notifications are sent through. Needs `MUSTER_SMTP_FROM`.",
    secret: true,
    parse: (value) => (URL.canParse(value) && /^smtps?:\/\/[^/]/i.test(value) ? value : undefined),
  },
  smtpFrom: {
    name: "MUSTER_SMTP_FROM",
    fallback: null,
    allowed: "an e-mail address, for example muster@example.org or Muster <muster@example.org>",
    description: "Sender of notifications by e-mail.",
    parse: (value) => (/^([^<>\r\n]*<)?[^\s@<>]+@[^\s@<>]+>?$/.test(value) ? value : undefined),
  },
  nvdApiKey: {
    name: "MUSTER_NVD_API_KEY",
    fallback: null,
    allowed: "16 to 255 visible characters without spaces",
    description: "API key of the National Vulnerability Database: it answers ten times as many questions with one.",
    secret: true,
    parse: parseSecret,
  },
  vulncheckToken: {
    name: "MUSTER_VULNCHECK_TOKEN",
    fallback: null,
    allowed: "16 to 255 visible characters without spaces",
    description: "API token of VulnCheck. Without it VulnCheck's feeds are not asked.",
    secret: true,
    parse: parseSecret,
  },
  secretKeys: {
    name: "MUSTER_SECRET_KEYS",
    fallback: null,
    allowed: "keys of at least 32 characters, separated by commas, the present one first",
    description:
      "Keys for the secrets that the database keeps to sign webhooks with: the first seals, all of them open. Default: the file `secret.keys` in `MUSTER_DATA_DIR`, made with a random key. Processes that share a database need the same keys.",
    secret: true,
    parse: parseKeys,
  },
  tlsCert: {
    name: "MUSTER_TLS_CERT",
    fallback: null,
    allowed: "the path of a PEM file with the certificate chain",
    description: "Certificate chain (PEM) to serve HTTPS with. Needs `MUSTER_TLS_KEY`.",
    parse: (value) => resolve(value),
  },
  tlsKey: {
    name: "MUSTER_TLS_KEY",
    fallback: null,
    allowed: "the path of a PEM file with the private key",
    description: "Private key (PEM) of `MUSTER_TLS_CERT`.",
    parse: (value) => resolve(value),
  },
  logLevel: {
    name: "MUSTER_LOG_LEVEL",
    fallback: "info",
    allowed: `one of ${LOG_LEVELS.join(", ")}`,
    description: "Least important log lines that are written.",
    parse: (value) => LOG_LEVELS.find((level) => level === value),
  },
};

/**
 * Reads the configuration from environment variables. An empty variable counts as absent, so that `MUSTER_PORT= npm start`
 * means the default.
 *
 * @throws {ConfigError} on a value that is not allowed and on variables that contradict each other.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const fields = Object.entries(VARIABLES).map(([field, variable]) => [field, readVariable(variable as Variable, env)]);
  const config = Object.fromEntries(fields) as Config;
  if ((config.tlsCert === null) !== (config.tlsKey === null)) {
    throw new ConfigError("MUSTER_TLS_CERT and MUSTER_TLS_KEY belong together: set both to serve HTTPS, or neither.");
  }
  if ((config.smtpUrl === null) !== (config.smtpFrom === null)) {
    throw new ConfigError("MUSTER_SMTP_URL and MUSTER_SMTP_FROM belong together: set both to send e-mail, or neither.");
  }
  if (config.databaseReplicaUrl !== null && config.databaseUrl === null) {
    throw new ConfigError("DATABASE_REPLICA_URL needs DATABASE_URL: the embedded database has no replica.");
  }
  return config;
}

/** Variables with the prefix that other parts of Muster read: the command line, the agent, tests, tools. */
const OTHER_VARIABLES =
  /^MUSTER_(SERVER|TOKEN|CA|EMAIL|PASSWORD|STATE_DIR|AGENT_\w+|SHARED_DIR|DEV_\w+|REQUIRE_ALL|TEST_\w+|BENCH_\w+)$/;

/** Names in the environment that look meant for Muster and that nothing reads: a typing error would silently have no effect. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(Object.values(VARIABLES).map((variable) => variable.name));
  return Object.keys(env).filter((name) => name.startsWith("MUSTER_") && !known.has(name) && !OTHER_VARIABLES.test(name));
}

function readVariable(variable: Variable, env: NodeJS.ProcessEnv): unknown {
  const given = env[variable.name]?.trim();
  const value = given === undefined || given === "" ? variable.fallback : given;
  if (value === null) return null;
  const parsed = variable.parse(value);
  if (parsed !== undefined) return parsed;
  const shown = variable.secret === true ? "its value (not shown)" : JSON.stringify(value);
  throw new ConfigError(`${variable.name} must be ${variable.allowed}; ${shown} is not.`);
}

function wholeNumber(value: string, min: number, max: number): number | undefined {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}

function parseOrigin(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const bare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  return bare ? url.origin : undefined;
}

/** PostgreSQL's own form may leave the host out (`postgres://user:password@/db?host=/run/postgresql`: a socket); a URL may not. */
function parsePostgresUrl(value: string): string | undefined {
  const url = URL.parse(value.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?])/, "$1localhost"));
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && !/\s/.test(value) ? value : undefined;
}

function parseRoles(value: string): ServerRole[] | undefined {
  const words = value.split(",").map((word) => word.trim());
  const roles = ROLES.filter((role) => words.includes(role));
  return words.every((word) => roles.some((role) => role === word)) ? roles : undefined;
}

function parseSecret(value: string): string | undefined {
  return /^[\x21-\x7e]{16,255}$/.test(value) ? value : undefined;
}

function parseSwitch(value: string): boolean | undefined {
  if (/^(on|true|yes|1)$/i.test(value)) return true;
  return /^(off|false|no|0)$/i.test(value) ? false : undefined;
}

function parseKeys(value: string): string[] | undefined {
  const keys = value.split(",").map((key) => key.trim());
  return keys.every((key) => key.length >= 32) ? keys : undefined;
}
