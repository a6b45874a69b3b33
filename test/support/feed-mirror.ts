import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileInput } from "#server/vulnerabilities/feeds/formats/file-input.ts";
import { unpacked } from "#server/vulnerabilities/feeds/formats/unpacked.ts";
import { SHARED_DIR } from "./simulated-osquery/images.ts";

/** The shared corpus of real feeds, and whether it is here. */
export const CORPUS = join(SHARED_DIR, "data/vulnerabilities");
export const CORPUS_HERE = existsSync(CORPUS);
export const CORPUS_MISSING = `needs the shared vulnerability corpus (${CORPUS}); set MUSTER_SHARED_DIR`;

/** What goes wrong with an address, so many times (default: always). */
export interface Fault {
  times?: number;
  status?: number;
  headers?: Record<string, string>;
  /** Sent in the place of the content. */
  body?: Buffer | string;
  /** The connection breaks after so many bytes, though the whole length was announced. */
  breakAfter?: number;
  /** The content ends after so many bytes, and the length says so. */
  truncateTo?: number;
  /** Waits before it answers. */
  delayMs?: number;
}

interface Served {
  content: Buffer;
  headers: Record<string, string>;
  ranges: boolean;
}

export interface MirrorRequest {
  /** The publisher's address. */
  url: string;
  headers: IncomingMessage["headers"];
  status: number;
}

/**
 * Publishers of feeds on this machine: `MUSTER_FEEDS_MIRROR` (or `feedsMirror`) set to {@link FeedMirror.url} makes the real download code
 * ask it. It answers conditional requests and ranges, and misbehaves on demand.
 *
 * @example
 * const mirror = await feedMirror();
 * mirror.serve("https://www.cisa.gov/feed.json", await corpus("kev/known_exploited_vulnerabilities.2025-08-25.json.gz"));
 * mirror.fail("https://www.cisa.gov/feed.json", { status: 429, headers: { "retry-after": "1" }, times: 1 });
 */
export class FeedMirror {
  readonly requests: MirrorRequest[] = [];
  readonly #served = new Map<string, Served>();
  readonly #faults = new Map<string, Fault>();
  #everywhere: Fault | null = null;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Has content at a publisher's address (query included), with an ETag unless `headers` say otherwise (`etag: ""`: none). */
  serve(url: string, content: Buffer | string, headers: Record<string, string> = {}, options: { ranges?: boolean } = {}): void {
    const bytes = Buffer.from(content);
    const all = { etag: `"${hash("sha256", bytes, "hex").slice(0, 16)}"`, ...headers };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
    this.#served.set(keyOf(url), { content: bytes, headers: kept, ranges: options.ranges ?? true });
  }

  remove(url: string): void {
    this.#served.delete(keyOf(url));
  }

  /** Lets an address misbehave; null: no longer. */
  fail(url: string, fault: Fault | null): void {
    if (fault === null) this.#faults.delete(keyOf(url));
    else this.#faults.set(keyOf(url), { ...fault });
  }

  /** Lets every address misbehave that has no fault of its own; null: no longer. */
  failAll(fault: Fault | null): void {
    this.#everywhere = fault;
  }

  /** Status of the requests that an address got, in order. */
  statusOf(url: string): number[] {
    return this.requests.filter((request) => request.url === url).map((request) => request.status);
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = request.url ?? "/";
    const fault = this.#takeFault(key);
    if (fault?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const status = send(request, response, this.#served.get(key), fault);
    this.requests.push({ url: `https:/${key}`, headers: request.headers, status });
  }

  #takeFault(key: string): Fault | undefined {
    const fault = this.#faults.get(key) ?? this.#everywhere ?? undefined;
    if (fault?.times === undefined) return fault;
    if (fault.times <= 0) return undefined;
    fault.times -= 1;
    return fault;
  }
}

/** Starts a mirror on a free port. */
export async function feedMirror(): Promise<FeedMirror> {
  return await new FeedMirror().listen();
}

/** A file of the corpus, unpacked. */
export async function corpus(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of unpacked(await fileInput(join(CORPUS, path)))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A file of the corpus as it lies there. */
export async function corpusFile(path: string): Promise<Buffer> {
  return await readFile(join(CORPUS, path));
}

function send(request: IncomingMessage, response: ServerResponse, served: Served | undefined, fault: Fault | undefined): number {
  if (fault?.status !== undefined && fault.body === undefined) {
    response.writeHead(fault.status, fault.headers).end();
    return fault.status;
  }
  if (served === undefined && fault?.body === undefined) {
    response.writeHead(404).end();
    return 404;
  }
  const content = fault?.body === undefined ? (served?.content ?? Buffer.alloc(0)) : Buffer.from(fault.body);
  const headers = { ...(fault?.body === undefined ? served?.headers : {}), ...fault?.headers };
  if (fault?.body === undefined && isKnown(request, headers)) {
    response.writeHead(304, headers).end();
    return 304;
  }
  return sendContent(request, response, { content, headers, ranges: served?.ranges ?? false }, fault);
}

function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  { content, headers, ranges }: Served,
  fault: Fault | undefined,
): number {
  const start = ranges ? rangeStart(request, headers) : 0;
  const rest = content.subarray(start, fault?.truncateTo);
  const status = start > 0 ? 206 : (fault?.status ?? 200);
  const range = start > 0 ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(status, {
    "content-length": String(rest.length),
    ...(ranges ? { "accept-ranges": "bytes" } : {}),
    ...range,
    ...headers,
  });
  if (fault?.breakAfter === undefined) response.end(rest);
  else response.write(rest.subarray(0, fault.breakAfter), () => setTimeout(() => response.destroy(), 200));
  return status;
}

function isKnown(request: IncomingMessage, headers: Record<string, string>): boolean {
  const { "if-none-match": etag, "if-modified-since": since } = request.headers;
  if (etag !== undefined) return etag === headers["etag"];
  return since !== undefined && since === headers["last-modified"];
}

function rangeStart(request: IncomingMessage, headers: Record<string, string>): number {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const condition = request.headers["if-range"];
  return condition === undefined || condition === headers["etag"] || condition === headers["last-modified"] ? start : 0;
}

/** `/host/path?query`, as the mirror is asked for it. */
function keyOf(url: string): string {
  const { host, pathname, search } = new URL(url);
  return `/${host}${pathname}${search}`;
}
