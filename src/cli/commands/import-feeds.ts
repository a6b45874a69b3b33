import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { glob, mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { pack, type Pack } from "tar-stream";
import { api } from "#client/api.ts";
import type { FeedImportAnswer } from "#protocol/rest/vulnerability-feeds.ts";
import type { Connection } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatBytes, formatCount } from "../output/format.ts";
import { printNote } from "../output/print.ts";
import { ProgressLine } from "../output/progress-line.ts";

/** As the protocol has it (IMPORT_CHUNK_BYTES of vulnerability-feeds.ts, which would bring the schemas with it). */
const CHUNK_BYTES = 700_000;
const POLL_MS = 500;

/**
 * Sends a file, or a directory as an archive, in pieces, has it loaded, and waits for the result.
 *
 * @throws {CliError} when it cannot be read, or some of it could not be loaded
 */
export async function importFeeds(io: CliIo, { call }: Connection, path: string): Promise<void> {
  const line = new ProgressLine(io);
  const scratch = await mkdtemp(join(tmpdir(), "muster-import-"));
  try {
    const file = await fileToSend(path, scratch, line);
    const sent = await upload(call, file, line);
    const done = await waitForImport(call, sent.id, line);
    line.end();
    report(io, done);
  } finally {
    line.end();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface FileToSend {
  path: string;
  name: string;
  bytes: number;
}

async function fileToSend(path: string, scratch: string, line: ProgressLine): Promise<FileToSend> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new CliError(EXIT.usage, `There is no ${path}.`);
  const name = basename(resolve(path)) || "feeds";
  if (!found.isDirectory()) return { path, name, bytes: found.size };
  const archive = join(scratch, "feeds.tar");
  const tar = pack();
  line.show(`packing ${path}`);
  await Promise.all([addDirectory(tar, path), pipeline(tar, createWriteStream(archive))]);
  return { path: archive, name: `${name}.tar`, bytes: (await stat(archive)).size };
}

async function addDirectory(tar: Pack, directory: string): Promise<void> {
  try {
    for await (const entry of glob("**/*", { cwd: directory, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = relative(directory, path).split(sep).join("/");
      await pipeline(createReadStream(path), tar.entry({ name, size: (await stat(path)).size }));
    }
    tar.finalize();
  } catch (error) {
    tar.destroy(error as Error);
    throw error;
  }
}

async function upload(
  call: Connection["call"],
  { path, name, bytes }: FileToSend,
  line: ProgressLine,
): Promise<FeedImportAnswer> {
  line.show("reading", name);
  const body = { file_name: name, bytes, sha256: await digestOf(path) };
  const { import: created } = await call(api.createFeedImport, { body });
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let number = 0; number * CHUNK_BYTES < bytes; number += 1) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, number * CHUNK_BYTES);
      const content = buffer.toString("base64", 0, bytesRead);
      await call(api.putFeedImportChunk, { params: { id: created.id, number }, body: { content } });
      line.show(`sending ${name}`, `${formatBytes(number * CHUNK_BYTES + bytesRead)} of ${formatBytes(bytes)}`);
    }
  } finally {
    await file.close();
  }
  return (await call(api.loadFeedImport, { params: { id: created.id } })).import;
}

async function waitForImport(call: Connection["call"], id: number, line: ProgressLine): Promise<FeedImportAnswer> {
  for (;;) {
    const { import: now } = await call(api.getFeedImport, { params: { id } });
    if (now.state === "done" || now.state === "failed") return now;
    line.show("the server loads it", now.phase ?? "");
    await delay(POLL_MS);
  }
}

function report(io: CliIo, { parts, error }: FeedImportAnswer): void {
  const good = parts.filter((part) => part.error === null);
  const records = good.reduce((sum, part) => sum + part.records, 0);
  if (good.length > 0) {
    printNote(io, `Loaded ${formatCount(good.length, "part", "parts")}, ${formatCount(records, "record", "records")}.`);
  }
  if (error === null) return;
  const reasons = parts.flatMap((part) => (part.error === null ? [] : [`${part.feed} ${part.part}: ${part.error}`]));
  throw new CliError(EXIT.failure, [error, ...reasons].join(" "));
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}
