import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FeedError } from "../feed.ts";
import { messageOf } from "../formats/unpacked.ts";

interface FetchRequest {
  url: string;
  /** Where the file is to lie; what was fetched of it so far lies beside it. */
  path: string;
  headers: Record<string, string>;
  etag: string | null;
  lastModified: string | null;
  maxBytes: number;
  signal: AbortSignal;
  onBytes(bytes: number, total: number | null): void;
  retry: RetryPolicy;
}

export interface RetryPolicy {
  attempts: number;
  /** Pause before the second attempt; each further one is three times as long, with up to half of it more at random. */
  pauseMs: number;
  /** The longest Retry-After that is waited for; a longer one ends the load, and the next comes after it. */
  retryAfterMs: number;
  /** A publisher that sends nothing for this long is given up. */
  stallMs: number;
  /** The longest pause that a feed may make between its requests. */
  restMs: number;
}

export const POLITE: RetryPolicy = { attempts: 4, pauseMs: 2000, retryAfterMs: 60_000, stallMs: 60_000, restMs: 60_000 };

type FetchAnswer =
  | { status: 304 }
  | { status: 200; bytes: number; sha256: string; sha512: string; etag: string | null; lastModified: string | null };

/** What lies beside a file that is not complete: whose beginning it is. */
interface Partial {
  url: string;
  validator: string;
}

/**
 * Fetches an address into a file, with conditional GET. A connection that breaks is taken up where it broke, also by a later process,
 * where the server allows it; 429 and 5xx are tried again after a pause.
 *
 * @throws {FeedError}
 */
export async function fetchFile(request: FetchRequest): Promise<FetchAnswer> {
  await mkdir(dirname(request.path), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchOnce(request);
    } catch (error) {
      request.signal.throwIfAborted();
      const failure = error instanceof FeedError ? error : unreachable(request.url, error);
      const pause = pauseAfter(failure, attempt, request.retry);
      if (pause === null) throw failure;
      await delay(pause, undefined, { signal: request.signal });
    }
  }
}

function pauseAfter(failure: FeedError, attempt: number, retry: RetryPolicy): number | null {
  const { status, retryAfterSeconds } = failure;
  const passing = status === null || status === 416 || status === 429 || status >= 500;
  if (!passing || attempt >= retry.attempts || failure.cause === REFUSED) return null;
  if (retryAfterSeconds !== null) return retryAfterSeconds * 1000 <= retry.retryAfterMs ? retryAfterSeconds * 1000 : null;
  return retry.pauseMs * 3 ** (attempt - 1) * (1 + Math.random() / 2);
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const REDIRECTS_MAX = 5;

/** Cause of failures that another attempt cannot mend. */
const REFUSED = new Error("refused");

async function fetchOnce(request: FetchRequest): Promise<FetchAnswer> {
  const { url, path } = request;
  const stall = new AbortController();
  const signal = AbortSignal.any([request.signal, stall.signal]);
  const timer = setTimeout(() => stall.abort(new Error("nothing came for a long time")), request.retry.stallMs);
  try {
    const begun = await readPartial(path, url);
    const response = await followed(request, headersOf(request, begun), signal);
    if (response.status === 304) return { status: 304 };
    if (response.status === 416) await removePartial(path);
    if (!response.ok) throw await refusal(url, response);
    const from = response.status === 206 ? resumedAt(response, begun) : 0;
    if (response.status === 206 && from === null) {
      await removePartial(path);
      throw new FeedError(`${url} answered with another piece than was asked for`);
    }
    checkLength(request, response, from ?? 0);
    await writeBody(request, response, from ?? 0, () => timer.refresh());
    await rm(`${path}.begun`, { force: true });
    return { status: 200, ...(await digests(path)), ...validatorsOf(response) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks, and follows redirects. A key that a feed sends is for the host that it was given for: another host does not get it.
 *
 * @throws {FeedError} when there are too many, or one leads to a connection that is not encrypted
 */
async function followed(request: FetchRequest, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const own = new Set(Object.keys(request.headers).filter((name) => name.toLowerCase() !== "accept"));
  let { url } = request;
  let sent = headers;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const response = await fetch(url, { headers: sent, signal, redirect: "manual" });
    const location = REDIRECTS.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (next.protocol !== "https:" && (new URL(url).protocol === "https:" || next.protocol !== "http:"))
      throw new FeedError(`${request.url} redirects to ${next.origin}, which is not encrypted`, { cause: REFUSED });
    if (next.origin !== new URL(url).origin) sent = Object.fromEntries(Object.entries(sent).filter(([name]) => !own.has(name)));
    url = next.href;
  }
  throw new FeedError(`${request.url} redirects more than ${REDIRECTS_MAX} times`, { cause: REFUSED });
}

function headersOf(request: FetchRequest, begun: { bytes: number; validator: string } | null): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "Muster (vulnerability feeds)", ...request.headers };
  if (begun !== null)
    return { ...headers, range: `bytes=${begun.bytes}-`, "if-range": begun.validator, "accept-encoding": "identity" };
  if (request.etag !== null) headers["if-none-match"] = request.etag;
  if (request.lastModified !== null) headers["if-modified-since"] = request.lastModified;
  return headers;
}

function checkLength({ url, maxBytes }: FetchRequest, response: Response, from: number): void {
  const length = Number(response.headers.get("content-length") ?? 0) + from;
  if (length > maxBytes) {
    throw new FeedError(`${url} is ${length} bytes, more than the ${maxBytes} that this feed may have`, { cause: REFUSED });
  }
  if ((response.headers.get("content-type") ?? "").startsWith("text/html") && !/(?:\.html?|\/)$/.test(new URL(url).pathname)) {
    throw new FeedError(`${url} answered with a web page instead of data`, { cause: REFUSED });
  }
}

async function writeBody(request: FetchRequest, response: Response, from: number, alive: () => void): Promise<void> {
  const { url, path, maxBytes } = request;
  const packed = response.headers.has("content-encoding") && response.headers.get("content-encoding") !== "identity";
  const length = packed ? null : Number(response.headers.get("content-length") ?? Number.NaN);
  const total = length === null || Number.isNaN(length) ? null : length + from;
  await notePartial(path, url, response, packed);
  const file = await open(path, from > 0 ? "a" : "w");
  let bytes = from;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new FeedError(`${url} is more than the ${maxBytes} bytes that this feed may have`, { cause: REFUSED });
      await writeAll(file, chunk);
      request.onBytes(bytes, total);
    }
  } finally {
    await file.close();
  }
  if (total !== null && bytes !== total) throw new FeedError(`${url} ended after ${bytes} of ${total} bytes`);
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

/** Notes whose beginning the file is, if the server can go on with it. */
async function notePartial(path: string, url: string, response: Response, packed: boolean): Promise<void> {
  const { etag, lastModified } = validatorsOf(response);
  const validator = etag !== null && !etag.startsWith("W/") ? etag : lastModified;
  if (packed || validator === null || response.headers.get("accept-ranges") === "none")
    return await rm(`${path}.begun`, { force: true });
  await writeFile(`${path}.begun`, JSON.stringify({ url, validator } satisfies Partial));
}

async function readPartial(path: string, url: string): Promise<{ bytes: number; validator: string } | null> {
  try {
    const note = JSON.parse(await readFile(`${path}.begun`, "utf8")) as Partial;
    const { size } = await stat(path);
    return note.url === url && size > 0 ? { bytes: size, validator: note.validator } : null;
  } catch {
    return null; // nothing was begun, or it cannot be gone on with
  }
}

async function removePartial(path: string): Promise<void> {
  await rm(`${path}.begun`, { force: true });
  await rm(path, { force: true });
}

function resumedAt(response: Response, begun: { bytes: number } | null): number | null {
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return begun !== null && Number(start) === begun.bytes ? begun.bytes : null;
}

async function refusal(url: string, response: Response): Promise<FeedError> {
  await response.body?.cancel();
  const { status } = response;
  const retryAfterSeconds = retryAfter(response.headers.get("retry-after"));
  return new FeedError(`${url} answered with ${status}`, {
    status,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}

/** Seconds of a Retry-After: a number or a date (RFC 9110 §10.2.3), a day at most. */
export function retryAfter(value: string | null, now = Date.now()): number | null {
  if (value === null) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, Math.ceil(seconds)), 86_400) : null;
}

function validatorsOf(response: Response): { etag: string | null; lastModified: string | null } {
  return { etag: response.headers.get("etag"), lastModified: response.headers.get("last-modified") };
}

async function digests(path: string): Promise<{ bytes: number; sha256: string; sha512: string }> {
  const sha256 = createHash("sha256");
  const sha512 = createHash("sha512");
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    sha256.update(chunk as Buffer);
    sha512.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: sha256.digest("hex"), sha512: sha512.digest("hex") };
}

function unreachable(url: string, error: unknown): FeedError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new FeedError(`${url} cannot be fetched: ${messageOf(cause)}`, { cause: error });
}
