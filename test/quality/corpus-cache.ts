import { createHash, hash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { glob, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import {
  filesOfPart,
  fingerprintOf,
  itemsOfFiles,
  scanDirectory,
  type RecognisedFile,
} from "#server/vulnerabilities/feeds/engine/directory.ts";
import type { FleetNeeds, RecordFeed } from "#server/vulnerabilities/feeds/feed.ts";
import { FEED_LIMITS } from "#server/vulnerabilities/feeds/formats/limits.ts";
import { FEEDS } from "#server/vulnerabilities/feeds/registry.ts";
import { correctionRecords, readCorrections } from "#server/vulnerabilities/feeds/curated/curated-feed.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FEEDS_FOLDER = "src/server/vulnerabilities/feeds";
/** What every parser may use; matching and identity do not change what a parser yields. */
const SHARED_SOURCES = [
  `${FEEDS_FOLDER}/formats/**/*.ts`,
  "src/domain/version/**/*.ts",
  "src/domain/vulnerability/{cpe,kernel,loose,windows,model}*.ts",
];

/** One part of a feed as its parser reads it, kept in a file: the parser runs again only when its input or its source changes. */
export interface CachedPart {
  feed: string;
  part: string;
  path: string;
}

/**
 * Parses everything of a directory of feeds that a fleet needs, by the code that the server parses it with.
 *
 * @param report is told what had to be parsed
 */
export async function cachedParts(directory: string, fleet: FleetNeeds, report: (line: string) => void): Promise<CachedPart[]> {
  const feeds = FEEDS.filter((feed) => feed.kind === "records");
  const files = await scanDirectory(directory, feeds);
  const folders = await feedFolders();
  const shared = await digestOf(SHARED_SOURCES);
  const cache = join(ROOT, ".cache/quality");
  await mkdir(cache, { recursive: true });
  const parts: CachedPart[] = [];
  for (const feed of feeds) {
    const code = hash(
      "sha256",
      `${shared} ${await digestOf([`${FEEDS_FOLDER}/${folderOf(feed.name, folders)}/**/*.{ts,json}`])}`,
    );
    for (const part of feed.parts(fleet)) {
      const own = filesOfPart(files, feed.name, part);
      if (own.length === 0 && feed.builtIn !== true) continue;
      const stamp = hash("sha256", `${code} ${fingerprintOf(own)}`).slice(0, 24);
      const path = join(cache, `${feed.name}--${part.replaceAll(/[^\w.-]/g, "_")}--${stamp}.zst`);
      await parseOnce({ feed, part, path }, own, { today: fleet.today, report });
      parts.push({ feed: feed.name, part, path });
    }
  }
  return parts;
}

async function parseOnce(
  { feed, part, path }: { feed: RecordFeed; part: string; path: string },
  files: readonly RecognisedFile[],
  { today, report }: { today: string; report: (line: string) => void },
): Promise<void> {
  if (existsSync(path)) return;
  const started = performance.now();
  const records = new Map<string, FeedRecord>();
  const limits = { ...FEED_LIMITS, ...feed.limits };
  const items =
    feed.builtIn === true
      ? correctionRecords(await readCorrections(), today)
      : itemsOfFiles(files, part, { limits, tally: new Map() }, () => undefined);
  for await (const item of items) {
    const record = item as FeedRecord;
    if ("name" in record) records.set(record.name, record);
  }
  await removeStale(path);
  const partial = `${path}.${process.pid}`;
  await pipeline(Readable.from(linesOf(records.values())), createZstdCompress(), createWriteStream(partial));
  await rename(partial, path);
  report(`parsed ${feed.name} ${part}: ${records.size} records in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** A line each: `ecosystem ⇥ package ⇥ record ⇥ ranges`; `@ ⇥ alias ⇥ canonical id`; `! ⇥ rejected id`. */
function* linesOf(records: Iterable<FeedRecord>): Generator<string> {
  for (const { name, aliases = [], facts, affected } of records) {
    if (facts?.rejected === true) yield `!\t${name}\n`;
    for (const [alias, canonical] of aliases) yield `@\t${alias}\t${canonical}\n`;
    for (const { ecosystem, package: packageName, ranges } of affected) {
      if (ranges.length > 0) yield `${ecosystem}\t${packageName}\t${name}\t${JSON.stringify(ranges)}\n`;
    }
  }
}

/** The lines of a part, cut at their first three tabs. */
export async function* cachedLines({ path }: CachedPart): AsyncGenerator<[string, string, string, string]> {
  const input = createReadStream(path).pipe(createZstdDecompress());
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    const first = line.indexOf("\t");
    const second = line.indexOf("\t", first + 1);
    const third = second === -1 ? -1 : line.indexOf("\t", second + 1);
    yield [
      line.slice(0, first),
      second === -1 ? line.slice(first + 1) : line.slice(first + 1, second),
      second === -1 ? "" : line.slice(second + 1, third === -1 ? undefined : third),
      third === -1 ? "" : line.slice(third + 1),
    ];
  }
}

/** Earlier readings of the same part. */
async function removeStale(path: string): Promise<void> {
  const prefix = path.slice(0, path.lastIndexOf("--"));
  for await (const old of glob(`${prefix}--*.zst`)) await rm(old, { force: true });
}

async function feedFolders(): Promise<string[]> {
  const folders: string[] = [];
  for await (const entry of glob("*", { cwd: join(ROOT, FEEDS_FOLDER), withFileTypes: true })) {
    if (entry.isDirectory()) folders.push(entry.name);
  }
  return folders;
}

/** `debian-oval` is made in `debian`, `cve-list` in `cve-list`. */
function folderOf(feed: string, folders: readonly string[]): string {
  const fitting = folders.filter((folder) => feed === folder || feed.startsWith(`${folder}-`));
  return fitting.toSorted((a, b) => b.length - a.length)[0] ?? feed;
}

async function digestOf(patterns: readonly string[]): Promise<string> {
  const digest = createHash("sha256");
  const paths: string[] = [];
  for (const pattern of patterns) for await (const path of glob(pattern, { cwd: ROOT })) paths.push(path);
  for (const path of paths.filter((name) => !name.endsWith(".test.ts")).toSorted()) {
    digest.update(path).update(await readFile(join(ROOT, path)));
  }
  return digest.digest("hex");
}
