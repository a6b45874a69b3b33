import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { HttpError } from "./errors.ts";

/** An answer that is sent piece by piece while it is made: a file for people. */
export interface Download {
  contentType: string;
  /** Suggested to whoever saves it; letters, digits, `.`, `-` and `_`. */
  filename: string;
  /** Ended early (`return`) when the receiver goes away, so that what it holds is given back. */
  chunks: AsyncGenerator<string | Uint8Array, void, void>;
}

/** Downloads at once in one process: each holds a database connection for as long as its receiver takes. */
export const DOWNLOADS_MAX = 4;
/** A receiver that takes nothing for this long is cut off: what it holds open costs everybody. */
const STALL_MS_MAX = 60_000;
const BUSY_RETRY_SECONDS = 10;

let running = 0;

/**
 * Sends a download. Nothing is sent before its first piece is made, so that what fails early is still answered as an error; what fails later cuts
 * the connection, and the receiver sees that its file is not complete.
 *
 * @throws {HttpError} 503 while {@link DOWNLOADS_MAX} others are under way
 */
export async function sendDownload(reply: FastifyReply, download: Download, stallMs = STALL_MS_MAX): Promise<FastifyReply> {
  if (running >= DOWNLOADS_MAX) {
    const reason = "Other exports are under way; each holds a database connection. Try again when one has ended.";
    throw new HttpError(503, [{ name: "base", reason }], BUSY_RETRY_SECONDS);
  }
  running += 1;
  let first: IteratorResult<string | Uint8Array, void>;
  try {
    first = await download.chunks.next();
  } catch (error) {
    running -= 1;
    throw error;
  }
  const stream: Readable = Readable.from(
    paced(download.chunks, first, stallMs, (error) => stream.destroy(error)),
    {
      objectMode: false,
    },
  );
  stream.once("close", () => (running -= 1));
  reply.header("content-disposition", `attachment; filename="${download.filename}"`);
  return reply.type(download.contentType).send(stream);
}

/** The pieces, the first one given; ends the stream when nobody takes the next. */
async function* paced(
  chunks: Download["chunks"],
  first: IteratorResult<string | Uint8Array, void>,
  stallMs: number,
  end: (error: Error) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await chunks.next()) {
      if (next.value.length === 0) continue;
      const timer = setTimeout(() => end(new Error("the receiver of an export takes nothing")), stallMs);
      try {
        yield typeof next.value === "string" ? Buffer.from(next.value) : next.value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    await chunks.return();
  }
}
