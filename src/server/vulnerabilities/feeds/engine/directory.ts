import { createHash, hash } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FeedError, type Feed, type FeedFile, type FeedInput } from "../feed.ts";
import { archiveStreams } from "../formats/archive.ts";
import { fileInput } from "../formats/file-input.ts";
import { FEED_LIMITS, type FeedLimits } from "../formats/limits.ts";
import type { Tally } from "../formats/tally.ts";
import { messageOf } from "../formats/unpacked.ts";
import type { DirectoryProblem } from "./directory-problem-store.ts";
import { PARSERS_REVISION } from "./part-store.ts";

/** More files than these are not looked at: it is not a directory of feeds. */
const FILES_MAX = 500_000;
const EXTRACTED_MARK = ".extracted";
const FAILED_MARK = ".failed";

/** A file of a directory that a feed recognises. */
export interface RecognisedFile {
  feed: Feed;
  file: FeedFile<unknown>;
  /** The part, or `*` for a file with records of several. */
  part: string;
  path: string;
  /** Below the directory, with `/`. */
  name: string;
  bytes: number;
  mtimeMs: number;
}

/**
 * Looks through a directory for files of feeds. The first feed of the list that recognises a file has it.
 *
 * @param problems is filled with folders and files that cannot be read
 */
export async function scanDirectory(
  directory: string,
  feeds: readonly Feed[],
  problems: DirectoryProblem[] = [],
): Promise<RecognisedFile[]> {
  const found: RecognisedFile[] = [];
  let files = 0;
  for await (const path of filesBelow(directory, problems)) {
    files += 1;
    if (files > FILES_MAX) throw new FeedError(`${directory} has more than ${FILES_MAX} files: it is no directory of feeds`);
    const name = relative(directory, path).split(sep).join("/");
    const recognised = recognise(name, feeds);
    if (recognised === null) continue;
    try {
      await access(path, constants.R_OK);
      const { size, mtimeMs } = await stat(path);
      found.push({ ...recognised, path, name, bytes: size, mtimeMs });
    } catch (error) {
      problems.push({ path, error: unreadable(error) });
    }
  }
  return found.toSorted((a, b) => (a.file.order ?? 0) - (b.file.order ?? 0) || (a.name < b.name ? -1 : 1));
}

/** All files below a directory, and links, which may lead to files. Links to directories are not followed: they could lead in circles. */
async function* filesBelow(directory: string, problems: DirectoryProblem[]): AsyncGenerator<string> {
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const folder = next;
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      problems.push({ path: folder, error: unreadable(error) });
      return [];
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) yield path;
    }
  }
}

function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM")
    return "It may not be read by the user that the server runs as. Give that user the right to read it.";
  if (code === "ENOENT") return "It is a link that leads nowhere. Put the file in its place, or remove the link.";
  return `It cannot be read (${code ?? messageOf(error)}). Copy it there anew, or remove it.`;
}

/** Which feed and part a file is of, by its path; null when no feed knows it. */
export function recognise(name: string, feeds: readonly Feed[]): Pick<RecognisedFile, "feed" | "file" | "part"> | null {
  for (const feed of feeds) {
    for (const file of feed.files as FeedFile<unknown>[]) {
      const match = file.pattern.exec(name);
      const part = match === null ? null : file.part(match);
      if (part !== null) return { feed, file, part };
    }
  }
  return null;
}

/** The files of one part: its own, then those that hold records of several parts. */
export function filesOfPart(files: readonly RecognisedFile[], feed: string, part: string): RecognisedFile[] {
  const own = files.filter((file) => file.feed.name === feed && file.part === part);
  return [...own, ...files.filter((file) => file.feed.name === feed && file.part === "*")];
}

/** Changes when one of the files does, by name, size and time; and when parsers make something else of them. */
export function fingerprintOf(files: readonly RecognisedFile[]): string {
  const listed = files.map(({ name, bytes, mtimeMs }) => [name, bytes, mtimeMs]);
  return hash("sha256", JSON.stringify([PARSERS_REVISION, ...listed]), "hex");
}

/** What the files of one part hold, one file after the other. */
export async function* itemsOfFiles(
  files: readonly RecognisedFile[],
  part: string,
  { limits, tally }: { limits: FeedLimits; tally: Tally },
  onFile: (name: string) => void,
): AsyncGenerator {
  for (const { file, path, name } of files) {
    onFile(name);
    const input: FeedInput = { ...(await fileInput(path, limits, tally)), name };
    yield* file.parse(input, part);
  }
}

/**
 * The directory that a configured path stands for: itself, or what its archive holds. Null: it is an archive that is yet to be extracted.
 *
 * @throws {FeedError} when there is nothing, or an archive that could not be extracted and is still the same
 */
export async function directoryOf(path: string, extractedRoot: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new FeedError(`MUSTER_FEEDS_DIR: there is no ${path}. Create it, or correct the variable.`);
  if (found.isDirectory()) return path;
  const target = extractedPath(path, found, extractedRoot);
  const failure = await readFile(`${target}${FAILED_MARK}`, "utf8").catch(() => null);
  if (failure !== null) throw new FeedError(failure);
  const mark = await readFile(join(target, EXTRACTED_MARK), "utf8").catch(() => null);
  return mark === null ? null : target;
}

/**
 * Extracts an archive of a directory, once for each of its versions. Earlier versions are removed.
 *
 * @throws {FeedError} when it is no good; it is not tried again before it changes
 */
export async function extractDirectory(path: string, extractedRoot: string): Promise<string> {
  const target = extractedPath(path, await stat(path), extractedRoot);
  await rm(extractedRoot, { recursive: true, force: true });
  const partial = `${target}.partial`;
  try {
    await extractArchive(await fileInput(path, FEED_LIMITS), partial);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(error instanceof FeedError)) throw error;
    const message = `${error.message}. Put a good archive in its place: it is read again when it changes.`;
    await mkdir(extractedRoot, { recursive: true });
    await writeFile(`${target}${FAILED_MARK}`, message);
    throw new FeedError(message, { cause: error });
  }
  await writeFile(join(partial, EXTRACTED_MARK), "");
  await rename(partial, target);
  return target;
}

/** Writes all files of an archive below a directory, held to the limits of feeds. */
export async function extractArchive(input: FeedInput, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  let total = 0;
  for await (const { path, stream } of archiveStreams(input)) {
    const target = join(directory, path);
    if (!target.startsWith(join(directory, sep))) throw new FeedError(`${input.name} names a file outside of itself: ${path}`);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(Readable.from(stream), createWriteStream(target));
    total += (await stat(target)).size;
    if (total > input.limits.unpackedBytes)
      throw new FeedError(`${input.name} unpacks to more than ${input.limits.unpackedBytes} bytes`);
  }
}

function extractedPath(path: string, { size, mtimeMs }: { size: number; mtimeMs: number }, root: string): string {
  return join(root, hash("sha256", JSON.stringify([path, size, mtimeMs]), "hex").slice(0, 16));
}

/** SHA-256 of a file, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}
