import type { RegistryName } from "../sources/registries.ts";
import { CollectError } from "../sources/source.ts";
import { startModule } from "../system/module-process.ts";
import type { ModuleProcess } from "../system/module-process.ts";
import type { CollectMessage } from "./collector-process.ts";
import { failed, timeoutError } from "./collector.ts";
import type { CollectJob, Collector, CollectResult } from "./collector.ts";

const MODULE = new URL("collector-process.ts", import.meta.url);
/** A collector ends by itself when its time is over; one that is stuck is ended this much later. */
const GRACE_MS = 2000;
/** The process waits this long for another job: a full inventory is one process, and an idle agent has none. */
const IDLE_MS = 1000;
const MEMORY_LOOK_MS = 100;
/** Resident memory of Node and of this program before they collect anything (45 to 60 MB, measured), with a margin. */
const NODE_BYTES = 80 * 1024 * 1024;

interface Running {
  memory_bytes_max: number;
  process: ModuleProcess;
  /** Settles the job under way. */
  settle: ((result: CollectResult) => void) | null;
  /** Why the process was ended; null while nobody ended it. */
  reason: CollectError | null;
}

/**
 * Collects in a process of its own, which ends soon after the last job. Its limits hold from outside, whatever the collector
 * does: V8's heap is bounded when the process starts, its resident memory is looked at ten times a second, and one that goes on
 * beyond its time is killed.
 */
export class ProcessCollector implements Collector {
  readonly #registry: RegistryName;
  readonly #module: URL;
  #current: Running | null = null;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;
  #last: Promise<unknown> = Promise.resolve();

  /** @param module what the process runs; another one in tests of the limits only */
  constructor(registry: RegistryName, module: URL = MODULE) {
    this.#registry = registry;
    this.#module = module;
  }

  collect(job: CollectJob, signal: AbortSignal): Promise<CollectResult> {
    // One at a time: limits are those of one job.
    const next = this.#last.then(() => this.#run(job, signal));
    this.#last = next.catch(() => {});
    return next;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    if (this.#current !== null) this.#end(this.#current, null);
  }

  async #run(job: CollectJob, signal: AbortSignal): Promise<CollectResult> {
    signal.throwIfAborted();
    if (this.#closed) return failed(ending());
    const running = this.#processFor(job.limits.memory_bytes_max);
    const stop = () => this.#end(running, ending());
    signal.addEventListener("abort", stop, { once: true });
    const { timeout_seconds, memory_bytes_max } = job.limits;
    const time = setTimeout(() => this.#end(running, timeoutError(timeout_seconds)), timeout_seconds * 1000 + GRACE_MS);
    const look = setInterval(() => void this.#lookAtMemory(running, memory_bytes_max), MEMORY_LOOK_MS);
    const result = await new Promise<CollectResult>((resolve) => {
      running.settle = resolve;
      running.process.send({ registry: this.#registry, job } satisfies CollectMessage);
    });
    running.settle = null;
    clearTimeout(time);
    clearInterval(look);
    signal.removeEventListener("abort", stop);
    if (this.#current === running) this.#idle = setTimeout(() => this.#end(running, null), IDLE_MS);
    signal.throwIfAborted();
    return result;
  }

  /** The process under way, or a new one: each has one memory limit for its life. */
  #processFor(memory_bytes_max: number): Running {
    clearTimeout(this.#idle);
    if (this.#current !== null && this.#current.memory_bytes_max !== memory_bytes_max) this.#end(this.#current, null);
    this.#current ??= this.#start(memory_bytes_max);
    return this.#current;
  }

  #start(memory_bytes_max: number): Running {
    const process = startModule(this.#module, {
      heapBytesMax: memory_bytes_max,
      onMessage: (message) => running.settle?.(message as CollectResult),
      onEnd: (how) => {
        if (this.#current === running) this.#current = null;
        running.settle?.(failed(running.reason ?? deathOf(how, memory_bytes_max)));
      },
    });
    const running: Running = { memory_bytes_max, process, settle: null, reason: null };
    return running;
  }

  #end(running: Running, reason: CollectError | null): void {
    running.reason ??= reason;
    if (this.#current === running) this.#current = null;
    running.process.kill();
  }

  async #lookAtMemory(running: Running, bytesMax: number): Promise<void> {
    const resident = await running.process.memoryBytes();
    if (resident !== null && resident > NODE_BYTES + bytesMax) this.#end(running, memoryError(bytesMax));
  }
}

function ending(): CollectError {
  return new CollectError("unreadable", "The agent ends.");
}

function memoryError(bytesMax: number): CollectError {
  return new CollectError("memory", `The collector needed more than ${bytesMax} bytes of memory.`);
}

/** Why a process that nobody ended has ended: V8 aborts when its heap is full, and says so. */
function deathOf(end: { signal: string | null; code: number | null; complaint: string }, bytesMax: number): CollectError {
  if (/heap out of memory|Reached heap limit/i.test(end.complaint)) return memoryError(bytesMax);
  const words = end.complaint.trim().split("\n").slice(0, 5).join(" ").slice(0, 300);
  return new CollectError(
    "program_failed",
    `The collector's process ended with ${end.code ?? end.signal ?? "an error"}: ${words}`,
  );
}
