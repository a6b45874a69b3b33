import type { Readable } from "node:stream";
import type { EpssScore, FeedRecord, LifeCycle, OsScope } from "#domain/vulnerability/model.ts";
import type { FeedLimits } from "./formats/limits.ts";
import type { Tally } from "./formats/tally.ts";

/**
 * What a source of vulnerability data is to Muster. A feed says which parts a fleet needs, how a part is fetched from its publisher, and
 * which files of a directory hold the same data; its parser turns bytes into records of the common model. Everything else (validation,
 * digests, staging, generations, back-off, progress) is the engine's.
 *
 * Parts of one feed are independent: a year, an ecosystem, a release of a distribution; a feed without parts has the one part `all`.
 */
export type Feed = FeedOf<"records", FeedRecord> | FeedOf<"scores", EpssScore> | FeedOf<"life_cycles", LifeCycle>;
export type RecordFeed = FeedOf<"records", FeedRecord>;
export type ScoreFeed = FeedOf<"scores", EpssScore>;
export type LifeCycleFeed = FeedOf<"life_cycles", LifeCycle>;

export interface FeedOf<Kind extends string, Row> {
  /** Lower case, as in tables and commands: `nvd`, `redhat-vex`. */
  name: string;
  kind: Kind;
  title: string;
  publisher: string;
  homepage: string;
  licence: string;
  /** What Muster uses it for: one sentence. */
  purpose: string;
  /** How often a part is asked for news. */
  everySeconds: number;
  /** Parts that a fleet needs; none when nothing of the fleet is concerned. */
  parts(fleet: FleetNeeds): string[];
  /** Asks the publisher for a part's news since the last good load. */
  sync(part: string, io: FeedIo): Promise<SyncResult<Row>>;
  /** Files of a directory or archive that hold the feed's data; the first pattern that fits a path counts. */
  files: FeedFile<Row>[];
  /** Only what differs from the limits of all feeds. */
  limits?: Partial<FeedLimits>;
  /** It comes with Muster: its `sync` fetches nothing and also runs where feeds are read from a directory. */
  builtIn?: true;
}

/** What the fleet holds, as far as it decides which data is needed. */
export interface FleetNeeds {
  /** Kinds of host that exist: `debian:12`, `rhel:9`, `windows`, `darwin`. */
  scopes: readonly OsScope[];
  /** Ecosystems that software of the fleet is looked up in: `npm`, `pypi`, `cpe`, `deb:debian:12`. */
  ecosystems: ReadonlySet<string>;
  /** Sources of software as osquery and Muster name them: `deb_packages`, `programs`, `npm_packages`. */
  sources: ReadonlySet<string>;
  /** YYYY-MM-DD, UTC. */
  today: string;
}

/** A record that the publisher no longer has: only in a delta. */
export interface GoneRecord {
  gone: string;
}

/** A record that the parser cannot make sense of: it is counted and reported, and more than 1 % of them fails the load. */
export interface BadRecord {
  bad: string;
  /** One sentence. */
  why: string;
}

export type FeedItem<Row = FeedRecord> = Row | GoneRecord | BadRecord;
export type FeedItems<Row = FeedRecord> = AsyncIterable<FeedItem<Row>> | Iterable<FeedItem<Row>>;

/**
 * `unchanged`: the publisher has nothing new. `full`: the items are all there is; what is not among them is gone. `delta`: the items are
 * what changed. Of two items with one name the later counts.
 */
export type SyncResult<Row = FeedRecord> =
  | { mode: "unchanged"; cursor?: unknown }
  | {
      mode: "full" | "delta";
      items: FeedItems<Row>;
      /** What the feed wants to find as `io.cursor` next time; called when all items were taken. Absent: kept as it is. */
      cursor?: () => unknown;
      /** The time the publisher says the data is of, ISO 8601; called when all items were taken. */
      dataAsOf?: () => string | undefined;
      /** True when the publisher has more than was asked for at once: the part is asked again soon. Called when all items were taken. */
      more?: () => boolean;
    };

export interface GetOptions {
  /** Compressed size at most; default: the feed's limit. */
  maxBytes?: number;
  /** Lower-case hexadecimal; a body of another digest is refused. */
  sha256?: string;
  sha512?: string;
  headers?: Record<string, string>;
  /** Ask without validators: the body comes even when it is the one that was loaded last. */
  always?: boolean;
  /** Take the file that this or another part of the feed fetched within so many seconds, without asking the publisher. */
  freshSeconds?: number;
}

/** A file on this machine's disk. Its content is hostile; its reader holds it to the feed's limits. */
export interface FeedInput {
  /** Base name with its endings: `nvdcve-2.0-2022.json.gz`. */
  name: string;
  path: string;
  bytes: number;
  limits: FeedLimits;
  /** Where a parser counts what it leaves out, and why: the feed's status shows it. Absent: nobody asks. */
  tally?: Tally;
  /** The bytes as they lie there. Counted towards the part's progress. */
  open(): Readable;
}

export interface Download extends FeedInput {
  url: string;
  /** False: the content is the one of the last good load (by 304 or by digest). There is nothing to open after a 304. */
  changed: boolean;
  sha256: string;
  etag: string | null;
  lastModified: string | null;
}

/** What a feed may do to the world. */
export interface FeedIo {
  /** What the last good load left (see {@link SyncResult}); null at the first one, and whenever everything is to be loaded anew. */
  cursor: unknown;
  /** When the last good load was; null when there was none or everything is to be loaded anew. */
  lastSuccess: Date | null;
  now: Date;
  signal: AbortSignal;
  limits: FeedLimits;
  /** As {@link FeedInput.tally}, for what is read without a file. */
  tally: Tally;
  /**
   * Fetches an address into a file: conditionally, limited, resumed, with back-off after 429 and 5xx. The files are gone after the load.
   *
   * @throws {FeedError} with one sentence when it cannot be had; {@link FeedError.status} is the HTTP status where there is one
   */
  get(url: string, options?: GetOptions): Promise<Download>;
  /** Fetches something small (at most 16 MiB) as text or JSON, always. */
  text(url: string, options?: GetOptions): Promise<string>;
  json(url: string, options?: GetOptions): Promise<unknown>;
  /** Waits between polite requests; ends with an error when the process stops. */
  sleep(milliseconds: number): Promise<void>;
  /** What is being done, for people: `downloading`, `year 2022`. */
  phase(text: string): void;
  /** A secret or option of the configuration, such as `MUSTER_NVD_API_KEY`; null when it is not set. */
  option(variable: string): string | null;
}

/** How a file of a directory or an archive is recognised and read. */
export interface FeedFile<Row = FeedRecord> {
  /** Fits the path below the directory, with `/`: both the publisher's names and names of mirrors. */
  pattern: RegExp;
  /**
   * The part that the file belongs to; null: not this feed's after all; `*`: it holds records of several parts and is read for each part
   * (after the part's own files), and `parse` yields those of `part` only.
   */
  part(match: RegExpExecArray): string | null;
  parse(input: FeedInput, part: string): FeedItems<Row>;
  /** Files of one part are read in this order, then by path; of two records with one name the later counts. Default 0. */
  order?: number;
}

/** Something is wrong with a feed's data, its address or its publisher: one sentence with what and where. */
export class FeedError extends Error {
  override readonly name = "FeedError";
  readonly status: number | null;
  /** Not before this many seconds (the publisher's Retry-After). */
  readonly retryAfterSeconds: number | null;
  constructor(message: string, options: { cause?: unknown; status?: number; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** What is fetched, or null where its publisher does not have it (404). */
export async function nullIfAbsent<T>(fetched: Promise<T>): Promise<T | null> {
  try {
    return await fetched;
  } catch (error) {
    if (error instanceof FeedError && error.status === 404) return null;
    throw error;
  }
}

/**
 * `sync` of the common case: a part is one or more files, fetched whole, each with conditional GET. Unchanged only when all are.
 *
 * @param parse as in {@link FeedFile.parse}
 */
export function syncWhole<Row>(
  urls: (part: string) => string[],
  parse: (input: FeedInput, part: string) => FeedItems<Row>,
): (part: string, io: FeedIo) => Promise<SyncResult<Row>> {
  return async (part, io) => {
    let downloads: Download[] = [];
    for (const url of urls(part)) downloads.push(await io.get(url));
    if (downloads.every((file) => !file.changed)) return { mode: "unchanged" };
    // a full load needs every file, also those that did not change
    if (downloads.some((file) => !file.changed)) {
      downloads = await Promise.all(
        downloads.map(async (file) => (file.changed ? file : await io.get(file.url, { always: true }))),
      );
    }
    return { mode: "full", items: itemsOf(downloads, part, parse) };
  };
}

async function* itemsOf<Row>(
  files: Download[],
  part: string,
  parse: (input: FeedInput, part: string) => FeedItems<Row>,
): AsyncGenerator<FeedItem<Row>> {
  for (const file of files) yield* parse(file, part);
}
