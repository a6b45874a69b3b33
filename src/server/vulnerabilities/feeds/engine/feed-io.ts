import { createReadStream } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { hash } from "node:crypto";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FeedError, type Download, type FeedIo, type GetOptions } from "../feed.ts";
import { messageOf } from "../formats/unpacked.ts";
import type { FeedLimits } from "../formats/limits.ts";
import type { Tally } from "../formats/tally.ts";
import { fetchFile, type RetryPolicy } from "./fetch-file.ts";
import type { PartMemory, UrlMemory } from "./part-store.ts";
import type { ProgressReporter } from "./progress.ts";

interface FeedIoOptions {
  memory: PartMemory;
  lastSuccess: Date | null;
  now: Date;
  limits: FeedLimits;
  /** Where downloads lie while they are needed. */
  directory: string;
  /** An internal mirror: `<mirror>/<host>/<path>` instead of the publisher's address; null: the publisher. */
  mirror: string | null;
  options: Readonly<Record<string, string | undefined>>;
  retry: RetryPolicy;
  signal: AbortSignal;
  progress: ProgressReporter;
  tally: Tally;
}

/** More addresses than these are not remembered with their validators: who fetches so many has a list of changes. */
const REMEMBERED_MAX = 64;
const SMALL_BYTES = 16 * 1024 * 1024;

/** What one load of a part may do to the world; see {@link FeedIo}. */
export class PartIo implements FeedIo {
  readonly cursor: unknown;
  readonly lastSuccess: Date | null;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly limits: FeedLimits;
  readonly tally: Tally;
  readonly #options: FeedIoOptions;
  readonly #files = new Set<string>();
  /** Files that stay for other parts. */
  readonly #shared = new Set<string>();
  /** Validators of what this load fetched. */
  readonly urls: Record<string, UrlMemory> = {};
  bytes = 0;

  constructor(options: FeedIoOptions) {
    this.#options = options;
    this.cursor = options.memory.feed ?? null;
    this.lastSuccess = options.lastSuccess;
    this.now = options.now;
    this.signal = options.signal;
    this.limits = options.limits;
    this.tally = options.tally;
  }

  async get(url: string, options: GetOptions = {}): Promise<Download> {
    this.signal.throwIfAborted();
    const known = this.#options.memory.urls?.[url];
    const path = this.#pathOf(url);
    if (options.freshSeconds !== undefined) this.#shared.add(path);
    const fresh = await this.#fresh(url, path, options);
    if (fresh !== null) return fresh;
    this.phase(`downloading ${basename(new URL(url).pathname)}`);
    const before = this.bytes;
    const answer = await fetchFile({
      url: mirrored(url, this.#options.mirror),
      path,
      headers: options.headers ?? {},
      etag: options.always === true ? null : (known?.etag ?? null),
      lastModified: options.always === true ? null : (known?.last_modified ?? null),
      maxBytes: Math.min(options.maxBytes ?? this.limits.compressedBytes, this.limits.compressedBytes),
      signal: this.signal,
      retry: this.#options.retry,
      onBytes: (bytes, total) => {
        this.bytes = before + bytes;
        this.#options.progress.bytes(this.bytes, total === null ? null : before + total);
      },
    });
    if (options.freshSeconds === undefined) this.#files.add(path);
    if (answer.status === 304) {
      if (known === undefined) throw new FeedError(`${url} answered 304 to a question without validators`, { status: 304 });
      return this.#download(url, path, { ...known, bytes: 0, changed: false });
    }
    await this.#verify(url, path, answer, options);
    const memory = { etag: answer.etag, last_modified: answer.lastModified, sha256: answer.sha256 };
    if (options.freshSeconds !== undefined) {
      await writeFile(`${path}.kept`, JSON.stringify({ ...memory, bytes: answer.bytes, at: this.now.getTime() }));
    }
    return this.#download(url, path, { ...memory, bytes: answer.bytes, changed: answer.sha256 !== known?.sha256 });
  }

  async text(url: string, options: GetOptions = {}): Promise<string> {
    const remembered = this.urls[url];
    const file = await this.get(url, { ...options, always: true, maxBytes: options.maxBytes ?? SMALL_BYTES });
    if (remembered === undefined) delete this.urls[url];
    try {
      return (await readFile(file.path, "utf8")).replace(/^\u{feff}/u, "");
    } finally {
      if (options.freshSeconds === undefined) await rm(file.path, { force: true });
    }
  }

  async json(url: string, options: GetOptions = {}): Promise<unknown> {
    const text = await this.text(url, options);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new FeedError(`${url} is no JSON: ${messageOf(error)}`, { cause: error });
    }
  }

  async sleep(milliseconds: number): Promise<void> {
    await delay(Math.min(milliseconds, this.#options.retry.restMs), undefined, { signal: this.signal });
  }

  phase(text: string): void {
    this.#options.progress.phase(text);
  }

  option(variable: string): string | null {
    return this.#options.options[variable] ?? null;
  }

  /** Removes what was downloaded; what was begun and can be gone on with stays. */
  async close(): Promise<void> {
    for (const path of this.#files) {
      if (await exists(`${path}.begun`)) continue;
      await rm(path, { force: true });
    }
  }

  /** As {@link close}, after a failure: copies that other parts, or the next attempt, would take without asking are forgotten, as they may be bad. */
  async discard(): Promise<void> {
    await this.close();
    for (const path of this.#shared) await rm(`${path}.kept`, { force: true });
  }

  /** A file that was fetched a short while ago, for this part or another. */
  async #fresh(url: string, path: string, { freshSeconds }: GetOptions): Promise<Download | null> {
    if (freshSeconds === undefined) return null;
    const note = await readFile(`${path}.kept`, "utf8").catch(() => null);
    if (note === null) return null;
    const { at, bytes, ...memory } = JSON.parse(note) as UrlMemory & { at: number; bytes: number };
    if (this.now.getTime() - at > freshSeconds * 1000 || !(await exists(path))) return null;
    return this.#download(url, path, { ...memory, bytes, changed: memory.sha256 !== this.#options.memory.urls?.[url]?.sha256 });
  }

  async #verify(url: string, path: string, answer: { sha256: string; sha512: string }, options: GetOptions): Promise<void> {
    for (const kind of ["sha256", "sha512"] as const) {
      const expected = options[kind];
      if (expected === undefined || expected.toLowerCase() === answer[kind]) continue;
      await rm(path, { force: true });
      throw new FeedError(`${url} does not have the ${kind.toUpperCase()} that its publisher gives for it`);
    }
  }

  #download(url: string, path: string, file: UrlMemory & { bytes: number; changed: boolean }): Download {
    const { etag, last_modified, sha256, bytes, changed } = file;
    if (Object.keys(this.urls).length < REMEMBERED_MAX) this.urls[url] = { etag, last_modified, sha256 };
    const name = basename(new URL(url).pathname) || "index";
    const { limits, tally } = this;
    return {
      url,
      name,
      path,
      bytes,
      changed,
      sha256,
      etag,
      lastModified: last_modified,
      limits,
      tally,
      open: () => createReadStream(path),
    };
  }

  #pathOf(url: string): string {
    return join(this.#options.directory, hash("sha256", url, "hex").slice(0, 32));
  }
}

/** A publisher's address at an internal mirror. */
function mirrored(url: string, mirror: string | null): string {
  if (mirror === null) return url;
  const { host, pathname, search } = new URL(url);
  return `${mirror.replace(/\/$/, "")}/${host}${pathname}${search}`;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
