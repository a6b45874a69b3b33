import type { SoftwareEntry } from "#domain/software/software.ts";

/** What a collector may use; given by the device's platform, so that tests can point it at a directory of their own. */
export interface CollectContext {
  /** The directory that stands for `/`: "" on a real machine, a fixture's directory in tests. */
  root: string;
  /** osquery's `os_version.platform`, for rules that depend on the distribution. */
  platform: string;
  /** Aborted when the collector's time is over or the agent stops. Collectors check it between files. */
  signal: AbortSignal;
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

/** One place software is found in. `collect` either returns everything there is or throws: half a list would read as removals. */
export interface Source {
  /** The domain's name of the source, also the name of its folder. */
  source: string;
  collect(context: CollectContext): Promise<Collected>;
  /** True while a package manager is in the middle of its work, so that what is there now is not yet what will be. */
  busy?(root: string): Promise<boolean>;
}

/** Why a source could not be collected; what the server holds of it stays as it is. */
export class CollectError extends Error {
  reason: "timeout" | "too_large" | "unreadable" | "malformed" | "program_failed";
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
export function checkRows(count: number): void {
  if (count > ROWS_MAX) throw new CollectError("too_large", `More than ${ROWS_MAX} packages were found.`);
}
