import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

/** The server's log: JSON lines on standard error, so that standard output stays for what people read at start. */
export type Log = Logger;

/** Every name under which a secret could reach the log. The one list: add here when a new secret gets a name. */
export const SECRET_FIELDS = [
  "authorization",
  "cookie",
  "enroll_secret",
  "node_key",
  "orbit_node_key",
  "password",
  "new_password",
  "password_hash",
  "secret",
  "setup_code",
  "token",
  "databaseUrl",
  "databaseReplicaUrl",
  "adminToken",
  "enrollSecret",
  "nvdApiKey",
  "vulncheckToken",
] as const;

const REDACT_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]);

/**
 * Makes the log. Secrets are replaced by `[redacted]` up to four levels deep.
 *
 * @param level pino's level names, and `silent`
 * @param destination where lines go; standard error when left out
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACT_PATHS, censor: "[redacted]" },
  };
  return pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
}
