import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo, Output } from "../io.ts";

/**
 * Writes a downloaded file to `path`, or to standard output when that is absent or `-`. A file gets its name only when it is complete.
 *
 * @throws {CliError} when it cannot be written, or the server's answer ends early
 */
export async function saveDownload(io: CliIo, response: Response, path: string | undefined): Promise<void> {
  if (response.body === null) throw new CliError(EXIT.failure, "The server sent no file.");
  const body = Readable.fromWeb(response.body);
  if (path === undefined || path === "-") return await print(io.stdout, body);
  const part = `${path}.part`;
  try {
    await pipeline(body, createWriteStream(part));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw failure(error, path);
  }
}

async function print(output: Output, body: Readable): Promise<void> {
  const text = new TextDecoder();
  try {
    for await (const chunk of body) {
      const isFull = output.write(text.decode(chunk as Buffer, { stream: true })) === false;
      // what is written faster than it is read stays in memory
      if (isFull && "once" in output) await once(output as unknown as NodeJS.WritableStream, "drain");
    }
  } catch (error) {
    throw failure(error, "standard output");
  }
}

function failure(error: unknown, where: string): CliError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^E[A-Z]+$/.test(code) && code !== "ECONNRESET") {
    return new CliError(EXIT.failure, `${where} cannot be written: ${message}.`, error);
  }
  return new CliError(EXIT.unreachable, "The server's answer ended before the file was complete; try again.", error);
}
