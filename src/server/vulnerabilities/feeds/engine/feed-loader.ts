import { fork, type ChildProcess } from "node:child_process";
import type { Log } from "#server/observe/log.ts";
import type { LoaderOrder } from "./loader-process.ts";

/** V8's heap in a process that loads: with what lies outside of it, a load stays below 1 GB. */
const HEAP_MEBIBYTES = 640;
/** A process that does not end by itself after it was told to is ended. */
const STOP_MS = 5000;
/** A process that ended early is followed by the next after a minute, then later and later, at most an hour. */
const PAUSE_MS = 60_000;
const PAUSE_MS_MAX = 3_600_000;
const MODULE = new URL("loader-process.ts", import.meta.url);

/**
 * Starts processes that load feeds: parsing hundreds of megabytes has no place beside requests, neither on their event loop nor in their
 * memory. One at a time; it ends when nothing is due.
 */
export class FeedLoader {
  readonly #order: LoaderOrder;
  readonly #log: Log;
  #child: ChildProcess | null = null;
  #stopped = false;
  /** Processes in a row that ended early, and until when none is started because of that. */
  #failures = 0;
  #pauseUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: { order: LoaderOrder; log: Log }) {
    this.#order = deps.order;
    this.#log = deps.log;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** Starts a process unless one runs. */
  start(): void {
    if (this.#child !== null || this.#stopped || performance.now() < this.#pauseUntil) return;
    const child = fork(MODULE, {
      execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`, "--max-semi-space-size=16", "--disable-warning=ExperimentalWarning"],
      // standard output is for people; the process logs as the server does
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    // more than one: of the start, and of the order that could not be sent
    child.on("error", (error) => this.#log.error({ err: error }, "cannot start a process that loads vulnerability feeds"));
    child.once("close", (code, signal) => {
      this.#child = null;
      if (!this.#stopped) this.#noteEnd(code, signal);
    });
    child.send(this.#order);
  }

  #noteEnd(code: number | null, signal: string | null): void {
    this.#failures = code === 0 ? 0 : this.#failures + 1;
    if (code === 0) return;
    this.#pauseUntil = performance.now() + Math.min(PAUSE_MS * 2 ** (this.#failures - 1), PAUSE_MS_MAX);
    this.#log.error({ code, signal }, "the process that loads vulnerability feeds ended early");
  }

  /** Ends the process; what it was loading is taken back by the database, and starts over the next time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once("close", () => resolve());
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await promise;
    clearTimeout(timer);
  }
}
