import type { SoftwareEntry } from "#domain/software/software.ts";

/** What a collector may use; given by the device's platform, so that tests can point it at a directory of their own. */
export interface CollectContext {
  /** The directory that stands for `/`: "" on a real machine, a fixture's directory in tests. */
  root: string;
  /** osquery's `os_version.platform`, for rules that depend on the distribution. */
  platform: string;
  /** Aborted when the collector's time is over or the agent stops. Collectors check it between files. */
  signal: AbortSignal;
  /** Configured directories (below the root) that a source which searches looks through besides its usual places. */
  roots?: readonly string[];
}

/** What a collector found, and which files tell that it may have changed. */
export interface Collected {
  entries: SoftwareEntry[];
  /**
   * Paths (below the root) whose change means that the source may have changed. Directories among them are watched; all are
   * compared by inode, size and time. They may not exist yet.
   */
  markers: string[];
}

/**
 * How a source is collected unless the server's settings say otherwise (protocol, SourceSettings: the same names), and what a
 * collector may use. A collector that goes beyond a limit fails with a CollectError; the server keeps what it has of the source.
 */
export interface SourceLimits {
  /** Seconds between two collections of an unchanged source; 0: with each full report. */
  interval_seconds: number;
  timeout_seconds: number;
  /** Bytes a collector's process may take beyond what Node itself needs. */
  memory_bytes_max: number;
  rows_max: number;
  /** Bytes of text in all rows together. */
  output_bytes_max: number;
}

/** Limits of a source that reads a package manager's own records. */
export const LIMITS_DEFAULT: SourceLimits = {
  interval_seconds: 0,
  timeout_seconds: 120,
  memory_bytes_max: 128 * 1024 * 1024,
  rows_max: 50_000,
  output_bytes_max: 32 * 1024 * 1024,
};

/** Limits of a source that looks through directory trees: seldom, for it costs more and nothing announces its changes. */
export const LIMITS_SEARCHING: SourceLimits = { ...LIMITS_DEFAULT, interval_seconds: 6 * 3600, timeout_seconds: 300 };

/** One place software is found in. `collect` either returns everything there is or throws: half a list would read as removals. */
export interface Source {
  /** The domain's name of the source, also the name of its folder. */
  source: string;
  collect(context: CollectContext): Promise<Collected>;
  /** True while a package manager is in the middle of its work, so that what is there now is not yet what will be. */
  busy?(root: string): Promise<boolean>;
  /** {@link LIMITS_DEFAULT} when absent. */
  limits?: SourceLimits;
}

/** Why a source could not be collected; what the server holds of it stays as it is. */
export class CollectError extends Error {
  reason: "timeout" | "memory" | "too_large" | "unreadable" | "malformed" | "program_failed";
  constructor(reason: CollectError["reason"], message: string) {
    super(message);
    this.name = "CollectError";
    this.reason = reason;
  }
}

/** Most rows a collector may return: the protocol's limit for one source. */
export const ROWS_MAX = 50_000;

/** @throws CollectError `timeout` when the collector's time is over. */
export function checkTime(signal: AbortSignal): void {
  if (signal.aborted) throw new CollectError("timeout", "The collector did not finish within its time limit.");
}

/** @throws CollectError `too_large` when more rows were found than a report can carry. */
export function checkRows(count: number, rowsMax: number = ROWS_MAX): void {
  if (count > rowsMax) throw new CollectError("too_large", `More than ${rowsMax} packages were found.`);
}
