import { createHash } from "node:crypto";
import { mergeDuplicates } from "#domain/inventory/difference.ts";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareRow } from "#protocol/agent/messages.ts";
import { CollectError } from "./sources/source.ts";
import type { Source } from "./sources/source.ts";

const COLLECT_TIMEOUT_MS = 120_000;
const ERROR_LENGTH_MAX = 500;

/** What is known of one source: the digest of what the last collection found, or why it failed. */
export interface SourceState {
  source: string;
  digest: string | null;
  failure: string | null;
  rows: number;
  markers: string[];
}

export interface InventoryDeps {
  sources: readonly Source[];
  root: string;
  platform: string;
  timeoutMs?: number;
}

/**
 * What this device holds, source by source. Between check-ins only digests are kept: rows are let go of after they were sent
 * and read again when the server wants them, because a device's memory is not the agent's.
 */
export class Inventory {
  readonly #deps: InventoryDeps;
  readonly #states = new Map<string, SourceState>();
  readonly #rows = new Map<string, SoftwareEntry[]>();

  constructor(deps: InventoryDeps) {
    this.#deps = deps;
  }

  get sources(): readonly Source[] {
    return this.#deps.sources;
  }

  states(): SourceState[] {
    return [...this.#states.values()];
  }

  /** Collects the named sources again, one after the other. Failures are kept as states; nothing is thrown for them. */
  async collect(sources: Iterable<string>, signal: AbortSignal): Promise<void> {
    const names = new Set(sources);
    for (const source of this.#deps.sources) {
      if (!names.has(source.source)) continue;
      signal.throwIfAborted();
      await this.#collectOne(source, signal);
    }
  }

  async #collectOne(source: Source, signal: AbortSignal): Promise<void> {
    const previous = this.#states.get(source.source);
    try {
      const { entries, markers } = await withTimeout(this.#deps.timeoutMs ?? COLLECT_TIMEOUT_MS, signal, (limited) =>
        source.collect({ root: this.#deps.root, platform: this.#deps.platform, signal: limited }),
      );
      const rows = cleanRows(entries);
      this.#rows.set(source.source, rows);
      this.#states.set(source.source, {
        source: source.source,
        digest: sourceDigest(rows),
        failure: null,
        rows: rows.length,
        markers,
      });
    } catch (error) {
      signal.throwIfAborted();
      this.#rows.delete(source.source);
      this.#states.set(source.source, {
        source: source.source,
        digest: null,
        failure: failureText(error),
        rows: 0,
        markers: previous?.markers ?? [],
      });
    }
  }

  /** The rows of a source for the wire, collected again if they were let go of; null when that fails or it is unknown. */
  async rows(source: string, signal: AbortSignal): Promise<SoftwareRow[] | null> {
    if (!this.#rows.has(source)) await this.collect([source], signal);
    return this.#rows.get(source)?.map(wireRow) ?? null;
  }

  /** Lets go of all rows; digests stay. */
  release(): void {
    this.#rows.clear();
  }
}

/**
 * Entries as the server will hold them: cleaned, one row an identity, in a fixed order. They are cleaned once more after
 * merging, because merged rows may have more paths than a row may keep; so the server's own cleaning changes nothing and both
 * sides have the same digest.
 */
export function cleanRows(entries: readonly SoftwareEntry[]): SoftwareEntry[] {
  const cleaned = entries.map((entry) => cleanEntry(entry).entry).filter((entry) => entry !== null);
  const merged = [...mergeDuplicates(cleaned)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return merged.map(([, entry]) => cleanEntry(entry).entry).filter((entry) => entry !== null);
}

/** The digest of one source, as the server computes it: SHA-256, in hex, of the domain's digest text. */
export function sourceDigest(rows: SoftwareEntry[]): string {
  return createHash("sha256").update(sourceDigestText(rows), "utf8").digest("hex");
}

/** A row for the wire: empty fields are left out. */
export function wireRow(entry: SoftwareEntry): SoftwareRow {
  const row: SoftwareRow = { name: entry.name };
  for (const field of WIRE_FIELDS) if (entry[field] !== "") row[field] = entry[field];
  if (entry.last_opened_at !== null) row.last_opened_at = entry.last_opened_at;
  if (entry.installed_paths.length > 0) row.installed_paths = entry.installed_paths;
  if (entry.signature_information.length > 0) row.signature_information = entry.signature_information;
  if (entry.facts !== null) row.facts = entry.facts;
  return row;
}

const WIRE_FIELDS = [
  "version",
  "bundle_identifier",
  "release",
  "vendor",
  "arch",
  "extension_id",
  "extension_for",
  "application_id",
  "upgrade_code",
  "installed_by",
] as const;

function failureText(error: unknown): string {
  const text = error instanceof CollectError ? `${error.reason}: ${error.message}` : `unreadable: ${String(error)}`;
  return text.slice(0, ERROR_LENGTH_MAX).toWellFormed();
}

/** Runs a collector with a signal that ends with its time; a collector stuck in one call (a dead network mount) is left behind. */
async function withTimeout<T>(timeoutMs: number, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, timeoutMs);
  try {
    const timedOut = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener("abort", () =>
        reject(new CollectError("timeout", `The collector did not finish within ${Math.round(timeoutMs / 1000)} s.`)),
      );
    });
    return await Promise.race([run(own.signal), timedOut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
