import { createReadStream } from "node:fs";
import { Readable, pipeline } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import unbzip2 from "unbzip2-stream";
import xz from "xz-decompress";
import { FeedError, type FeedInput } from "../feed.ts";
import type { FeedLimits } from "./limits.ts";

const RATIO_FROM_BYTES = 16 * 1024 * 1024;
/** Windows of 128 MiB (`zstd --long=27`), the largest that archives of the publishers use. */
const ZSTD_WINDOW_LOG = 27;
/** Written to the bzip2 decoder at once: it hands out all that a write makes possible. */
const BZIP2_STEP = 64 * 1024;

type Packing = "gzip" | "bzip2" | "xz" | "zstd" | "none";

/** How bytes are packed, by what they begin with. */
function packingOf(head: Buffer): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head.subarray(0, 3).toString("latin1") === "BZh") return "bzip2";
  if (head.subarray(0, 6).toString("latin1") === "\u{fd}7zXZ\0") return "xz";
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd_2f_b5_28) return "zstd";
  return "none";
}

/**
 * A file's bytes, unpacked when they are packed (gzip, bzip2, xz, zstd: told by content, not by name), held to the file's limits.
 *
 * @throws {FeedError} when it is damaged, cut off or too large
 */
export async function* unpacked(input: FeedInput): AsyncGenerator<Buffer> {
  yield* unpackedStream(input.open(), { name: input.name, bytes: input.bytes, limits: input.limits });
}

interface UnpackOf {
  name: string;
  /** Size as delivered. */
  bytes: number;
  limits: FeedLimits;
}

/** As {@link unpacked}, of any stream. */
export async function* unpackedStream(source: AsyncIterable<Buffer>, of: UnpackOf): AsyncGenerator<Buffer> {
  const { head, whole } = await withHead(source);
  const packing = packingOf(head);
  let bytes = 0;
  try {
    for await (const chunk of decoder(packing, whole)) {
      bytes += chunk.length;
      checkUnpacked(bytes, of);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof FeedError || packing === "none") throw error;
    throw new FeedError(`${of.name} is damaged or cut off (${packing}: ${messageOf(error)})`, { cause: error });
  }
}

/** @throws {FeedError} when a file unpacks to more than it may, or to so much more than was delivered that it is a trap */
export function checkUnpacked(bytes: number, { name, bytes: delivered, limits }: UnpackOf): void {
  if (bytes > limits.unpackedBytes) {
    throw new FeedError(`${name} unpacks to more than ${limits.unpackedBytes} bytes, the limit of this feed`);
  }
  if (bytes > RATIO_FROM_BYTES && bytes > delivered * limits.ratio) {
    throw new FeedError(`${name} unpacks to more than ${limits.ratio} times its size: refused as a decompression bomb`);
  }
}

async function withHead(source: AsyncIterable<Buffer>): Promise<{ head: Buffer; whole: AsyncGenerator<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Buffer[] = [];
  let size = 0;
  while (size < 6) {
    const next = await iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
    size += next.value.length;
  }
  return { head: Buffer.concat(taken).subarray(0, 6), whole: rejoin(taken, iterator) };
}

async function* rejoin(taken: Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* taken;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function decoder(packing: Packing, source: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  switch (packing) {
    case "gzip":
      return through(source, createGunzip());
    case "zstd":
      return through(source, createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }));
    case "bzip2":
      return bunzip2(source);
    case "xz":
      return unxz(source);
    default:
      return source;
  }
}

function through(source: AsyncGenerator<Buffer>, transform: NodeJS.ReadWriteStream & Readable): AsyncIterable<Buffer> {
  // a failure ends the transform, which is what is read
  return pipeline(Readable.from(source), transform, () => {});
}

async function* unxz(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const web = Readable.toWeb(Readable.from(source)) as unknown as ReadableStream<Uint8Array>;
  const stream = new xz.XzReadableStream(web) as unknown as WebStream<Uint8Array>;
  for await (const chunk of stream) yield Buffer.from(chunk);
}

/**
 * The decoder is fed in small steps, and what a step brings is handed out before the next: it knows no back-pressure of its own.
 */
async function* bunzip2(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const decode = unbzip2();
  const ready: Buffer[] = [];
  let failure: unknown;
  decode.on("data", (chunk: Buffer) => ready.push(chunk));
  decode.on("error", (error: unknown) => (failure = error));
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += BZIP2_STEP) {
      decode.write(chunk.subarray(at, at + BZIP2_STEP));
      if (failure !== undefined) throw failure;
      yield* ready.splice(0);
    }
  }
  decode.end();
  if (failure !== undefined) throw failure;
  yield* ready.splice(0);
}

/** The first bytes of a file. */
export async function headOf(path: string, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
