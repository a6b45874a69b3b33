import type { SoftwareEntry } from "#domain/software/software.ts";
import { cleanRows, sourceDigest, textLength } from "../rows.ts";
import { checkRows, CollectError } from "../sources/source.ts";
import type { Source, SourceLimits } from "../sources/source.ts";

/** One collection of one source. */
export interface CollectJob {
  source: string;
  /** The directory that stands for `/`. */
  root: string;
  /** osquery's `os_version.platform`. */
  platform: string;
  /** Configured directories to search. */
  roots: readonly string[];
  limits: SourceLimits;
}

/** What a collection came to: rows as the server will hold them, with their digest; or why there are none. */
export type CollectResult =
  | { ok: true; rows: SoftwareEntry[]; digest: string; markers: string[] }
  | { ok: false; failure: string };

/** Carries out collections, each within its limits. */
export interface Collector {
  /** Never throws for what goes wrong with the source: that is a result. @throws the signal's reason when it aborts. */
  collect(job: CollectJob, signal: AbortSignal): Promise<CollectResult>;
  /** Ends what is under way. */
  close(): void;
}

const FAILURE_LENGTH_MAX = 500;

/** Collects in this very thread. Memory is not bounded here: ProcessCollector does that from outside. */
export function directCollector(sources: readonly Source[]): Collector {
  return {
    async collect(job, signal) {
      try {
        const source = sources.find((candidate) => candidate.source === job.source);
        if (source === undefined) throw new CollectError("unreadable", `There is no collector for ${job.source}.`);
        return await collectWithin(source, job, signal);
      } catch (error) {
        signal.throwIfAborted();
        return failed(error);
      }
    },
    close: () => {},
  };
}

/** A failure as the server is told it: the reason's word, a colon, a sentence. */
export function failed(error: unknown): CollectResult {
  const text = error instanceof CollectError ? `${error.reason}: ${error.message}` : `unreadable: ${String(error)}`;
  return { ok: false, failure: text.slice(0, FAILURE_LENGTH_MAX).toWellFormed() };
}

async function collectWithin(source: Source, job: CollectJob, signal: AbortSignal): Promise<CollectResult> {
  const { root, platform, roots, limits } = job;
  const { entries, markers } = await withTimeout(limits.timeout_seconds, signal, (limited) =>
    source.collect({ root, platform, roots, signal: limited }),
  );
  const rows = cleanRows(entries);
  checkRows(rows.length, limits.rows_max);
  if (textLength(rows) > limits.output_bytes_max) {
    throw new CollectError("too_large", `What was found is more than ${limits.output_bytes_max} bytes.`);
  }
  return { ok: true, rows, digest: sourceDigest(rows), markers };
}

/** The failure of a collector whose time is over. */
export function timeoutError(seconds: number): CollectError {
  return new CollectError("timeout", `The collector did not finish within ${seconds} s.`);
}

/** Runs a collector with a signal that ends with its time; a collector stuck in one call (a dead network mount) is left behind. */
async function withTimeout<T>(seconds: number, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, seconds * 1000);
  try {
    const timedOut = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener("abort", () => reject(timeoutError(seconds)));
    });
    return await Promise.race([run(own.signal), timedOut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
