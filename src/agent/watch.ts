import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Source } from "./sources/source.ts";
import type { Clock } from "./system/clock.ts";
import { fileMark } from "./system/files.ts";
import type { AgentLog } from "./system/log.ts";

/** A package manager writes many times in one run: its work counts as done after this long without an event. */
const QUIET_MS = 1500;
/** Marks are compared this often as well, for file systems that send no events and directories that appear later. */
const POLL_MS = 30_000;
/** Sources that are collected every few hours have many directories and few changes: one comparison in ten is theirs. */
const SELDOM_ROUNDS = 10;
/** A package manager that waits for an answer may hold its lock for hours: after this long its state is reported as it is. */
const SETTLE_MAX_MS = 5 * 60 * 1000;
/** Watches are a scarce kernel resource (fs.inotify.max_user_watches); what is beyond is compared by marks. */
const WATCHES_MAX = 200;
/** Markers of one source that are compared twice a minute; what changes beyond them shows when the source is next due. */
const MARKERS_MAX = 1000;

export interface WatcherDeps {
  root: string;
  sources: readonly Source[];
  clock: Clock;
  log: AgentLog;
  /** Called once for each settled change of a source. */
  onChange(source: string): void;
  quietMs?: number;
  pollMs?: number;
}

interface Watched {
  markers: string[];
  mark: string;
  /** In which its changes show; looked up again whenever the marks are compared. */
  directories: (string | null)[];
}

/** Tells, within seconds, that a source has changed on disk and its package manager has finished. */
export class ChangeWatcher {
  readonly #deps: WatcherDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #directories = new Map<string, FSWatcher>();
  readonly #settling = new Map<string, { lastEvent: number }>();
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #failed = false;
  #round = 0;

  constructor(deps: WatcherDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.#compare(), deps.pollMs ?? POLL_MS);
  }

  /** The state of a source's markers now; taken before a collection, it makes changes during the collection count. */
  async mark(markers: readonly string[]): Promise<string> {
    const marks = await Promise.all(markers.map((path) => fileMark(join(this.#deps.root, path))));
    return marks.join("\n");
  }

  /** The markers that are watched for a source. */
  markers(source: string): string[] {
    return this.#watched.get(source)?.markers ?? [];
  }

  /** True while a source's package manager is at work, so that collecting it now would show a state in between. */
  isSettling(source: string): boolean {
    return this.#settling.has(source);
  }

  /** Says that a source was collected, with the markers it has now. `mark` is that of before when the markers are the same. */
  async collected(source: string, given: string[], mark: string): Promise<void> {
    const markers = given.slice(0, MARKERS_MAX);
    const same = markers.join("\n") === this.markers(source).join("\n");
    const directories = same ? (this.#watched.get(source)?.directories ?? []) : await this.#directoriesOf(markers);
    this.#watched.set(source, { markers, mark: same ? mark : await this.mark(markers), directories });
    if (!same) this.#watchDirectories();
  }

  /** Stops watching for sources other than these: they were switched off. */
  retain(sources: readonly string[]): void {
    for (const source of this.#watched.keys()) if (!sources.includes(source)) this.#watched.delete(source);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopping.abort();
    for (const watcher of this.#directories.values()) watcher.close();
    this.#directories.clear();
  }

  #directoriesOf(markers: readonly string[]): Promise<(string | null)[]> {
    return Promise.all(markers.map((path) => this.#directoryOf(path)));
  }

  #watchDirectories(): void {
    const wanted = new Set([...this.#watched.values()].flatMap((watched) => watched.directories));
    if (this.#stopping.signal.aborted) return;
    for (const [path, watcher] of this.#directories) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#directories.delete(path);
    }
    for (const path of wanted) {
      if (path !== null && !this.#directories.has(path) && this.#directories.size < WATCHES_MAX) this.#watchOne(path);
    }
  }

  /** The directory in which a change of the marker shows: itself, or its parent for files and what does not exist yet. */
  async #directoryOf(marker: string): Promise<string | null> {
    for (const path of [marker, dirname(marker)]) {
      const info = await stat(join(this.#deps.root, path)).catch(() => null);
      if (info?.isDirectory() === true) return path;
    }
    return null;
  }

  #watchOne(path: string): void {
    try {
      const watcher = watch(join(this.#deps.root, path), { persistent: true }, () => this.#event(path));
      watcher.on("error", (error) => this.#watchFailed(path, error));
      this.#directories.set(path, watcher);
    } catch (error) {
      this.#watchFailed(path, error);
    }
  }

  #watchFailed(path: string, error: unknown): void {
    this.#directories.get(path)?.close();
    this.#directories.delete(path);
    const seconds = (this.#deps.pollMs ?? POLL_MS) / 1000;
    const level = this.#failed ? "debug" : "warn";
    this.#failed = true;
    this.#deps.log[level]({ path, error: String(error) }, `A directory cannot be watched; it is looked at every ${seconds} s.`);
  }

  #event(directory: string): void {
    for (const [source, watched] of this.#watched) {
      if (watched.markers.some((marker) => marker === directory || dirname(marker) === directory)) this.#settle(source);
    }
  }

  async #compare(): Promise<void> {
    this.#round++;
    const seldom = new Set(
      this.#deps.sources.filter(({ limits }) => (limits?.interval_seconds ?? 0) > 0).map(({ source }) => source),
    );
    for (const [source, watched] of this.#watched) {
      if (seldom.has(source) && this.#round % SELDOM_ROUNDS !== 0) continue;
      // Directories that appeared since, or whose watch ended with them.
      watched.directories = await this.#directoriesOf(watched.markers);
      if (!this.#settling.has(source) && (await this.mark(watched.markers)) !== watched.mark) this.#settle(source);
    }
    this.#watchDirectories();
  }

  #settle(source: string): void {
    const now = this.#deps.clock.now();
    const settling = this.#settling.get(source);
    if (settling !== undefined) {
      settling.lastEvent = now;
      return;
    }
    this.#settling.set(source, { lastEvent: now });
    void this.#waitForQuiet(source, now);
  }

  async #waitForQuiet(source: string, start: number): Promise<void> {
    const { clock } = this.#deps;
    const quietMs = this.#deps.quietMs ?? QUIET_MS;
    const settling = this.#settling.get(source);
    let wait = quietMs;
    while (settling !== undefined && !this.#stopping.signal.aborted) {
      await clock.sleep(Math.max(wait, 50), this.#stopping.signal);
      const now = clock.now();
      wait = settling.lastEvent + quietMs - now;
      if (now - start >= SETTLE_MAX_MS) break;
      if (wait > 0) continue;
      if (!(await this.#isBusy(source))) break;
      wait = quietMs / 2;
    }
    this.#settling.delete(source);
    const watched = this.#watched.get(source);
    if (this.#stopping.signal.aborted || watched === undefined) return;
    // Many events change nothing (a lock was taken, a journal touched): only different marks are a change.
    if ((await this.mark(watched.markers)) !== watched.mark) this.#deps.onChange(source);
  }

  async #isBusy(source: string): Promise<boolean> {
    const found = this.#deps.sources.find((candidate) => candidate.source === source);
    try {
      return (await found?.busy?.(this.#deps.root)) ?? false;
    } catch (error) {
      this.#deps.log.debug({ source, error: String(error) }, "It cannot be told whether the package manager is at work.");
      return false;
    }
  }
}
