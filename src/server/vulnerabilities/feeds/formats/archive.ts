import { Readable, pipeline } from "node:stream";
import { extract, type Header } from "tar-stream";
import { openPromise, validateFileName, type ZipFile } from "yauzl";
import { FeedError, type FeedInput } from "../feed.ts";
import { checkUnpacked, headOf, messageOf, unpacked, unpackedStream } from "./unpacked.ts";

/** A file within an archive, read whole. */
export interface ArchiveMember {
  /** With `/`, relative, without `..`. */
  path: string;
  content: Buffer;
  text(): string;
  /** @throws {FeedError} when it is no JSON, naming it */
  json<T = unknown>(): T;
}

/** A file within an archive, to be read before the next is asked for. */
export interface ArchiveStream {
  path: string;
  /** As the archive says; what comes may be less, never more. */
  bytes: number;
  stream: AsyncIterable<Buffer>;
}

/**
 * The files in an archive (zip, or tar packed in any way that {@link unpacked} knows), one at a time; a file that is packed itself comes
 * unpacked. Links, devices and directories are left out.
 *
 * @param wanted by path; others are passed over unread
 * @throws {FeedError} when the archive is damaged, cut off or larger than the feed's limits, or names a path outside of itself
 */
export async function* archiveMembers(
  input: FeedInput,
  wanted: (path: string) => boolean = () => true,
): AsyncGenerator<ArchiveMember> {
  for await (const { path, bytes, stream } of archiveStreams(input, wanted)) {
    const name = `${input.name}: ${path}`;
    if (bytes > input.limits.recordBytes) throw new FeedError(`${name} has more than ${input.limits.recordBytes} bytes`);
    const content = await wholeOf(unpackedStream(stream, { name, bytes, limits: input.limits }), name, input.limits.recordBytes);
    yield { path, content, text: () => textOf(content), json: <T>() => jsonOf(content, name) as T };
  }
}

/** As {@link archiveMembers}, for files of any size, and as they lie in the archive. */
export async function* archiveStreams(
  input: FeedInput,
  wanted: (path: string) => boolean = () => true,
): AsyncGenerator<ArchiveStream> {
  const head = await headOf(input.path, 4);
  try {
    yield* head.toString("latin1").startsWith("PK") ? zipStreams(input, wanted) : tarStreams(input, wanted);
  } catch (error) {
    if (error instanceof FeedError) throw error;
    throw new FeedError(`${input.name} is not a whole archive: ${messageOf(error)}`, { cause: error });
  }
}

async function* zipStreams(input: FeedInput, wanted: (path: string) => boolean): AsyncGenerator<ArchiveStream> {
  const zip: ZipFile = await openPromise(input.path, { autoClose: false, strictFileNames: false });
  try {
    if (zip.entryCount > input.limits.members) throw tooMany(input);
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith("/") || !wanted(entry.fileName)) continue;
      total += entry.uncompressedSize;
      checkUnpacked(total, input);
      const stream = await zip.openReadStreamPromise(entry);
      yield { path: entry.fileName, bytes: entry.uncompressedSize, stream };
      stream.destroy();
    }
  } finally {
    zip.close();
  }
}

async function* tarStreams(input: FeedInput, wanted: (path: string) => boolean): AsyncGenerator<ArchiveStream> {
  const tar = extract();
  // a failure of the source destroys the tar, which is what is read
  pipeline(Readable.from(unpacked(input)), tar, () => {});
  let members = 0;
  for await (const entry of tar) {
    members += 1;
    if (members > input.limits.members) throw tooMany(input);
    const path = entry.header.name.replace(/^(?:\.\/)+/, "");
    if (!isFile(entry.header) || !wanted(path)) {
      entry.resume();
      continue;
    }
    const problem = validateFileName(path);
    if (problem !== null) throw new FeedError(`${input.name} is refused: ${problem}`);
    yield { path, bytes: entry.header.size ?? 0, stream: entry as AsyncIterable<Buffer> };
    entry.resume();
  }
  if (members === 0) throw new FeedError(`${input.name} is no archive, or an empty one`);
}

function isFile({ type }: Header): boolean {
  return type === "file" || type === "contiguous-file";
}

function tooMany({ name, limits }: FeedInput): FeedError {
  return new FeedError(`${name} has more than ${limits.members} members, the limit of this feed`);
}

async function wholeOf(stream: AsyncIterable<Buffer>, name: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new FeedError(`${name} has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function textOf(content: Buffer): string {
  return content.toString("utf8").replace(/^\u{feff}/u, "");
}

function jsonOf(content: Buffer, name: string): unknown {
  try {
    return JSON.parse(textOf(content));
  } catch (error) {
    throw new FeedError(`${name} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}
