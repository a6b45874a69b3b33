import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { Metrics } from "#server/observe/metrics.ts";

/** A short call that comes so often that what a framework does for each request would be most of its cost. */
export interface FastCall {
  /** Exact path of a `POST`. */
  path: string;
  /** Longer bodies take the usual way. */
  bodyBytesMax: number;
  /**
   * The JSON text of a 200 answer (bytes where it is long and comes often), or null when this call is not the simple case: then it goes the usual way, from the beginning.
   * Must not have done anything yet when it gives null or throws.
   */
  answer(body: Buffer, request: IncomingMessage): string | Buffer | null | Promise<string | Buffer | null>;
}

const KEEP_ALIVE_MS = 72_000;
const HEADERS = ["content-type", "application/json; charset=utf-8", "content-length"] as const;

/**
 * A server that answers {@link FastCall}s itself and hands every other request, and all that is not simple about these, to `handler`.
 * A poll costs a quarter of what it does through the whole application (docs/develop/performance.md); everything that refuses, writes
 * or explains is in one place only, behind `handler`.
 */
export function createFastLaneServer(
  handler: RequestListener,
  calls: readonly FastCall[],
  options: { tls: SecureContextOptions | null; requestTimeoutMs: number; metrics: Metrics },
): Server {
  const byPath = new Map(calls.map((call) => [call.path, call]));
  const observe = answerObserver(options.metrics);
  const listener: RequestListener = (request, response) => {
    const call = request.method === "POST" ? byPath.get(request.url ?? "") : undefined;
    // a server that stops tells so in its answers, which is the application's to do
    if (call === undefined || !server.listening || !isShort(request, call)) handler(request, response);
    else takeBody(request, (body) => void run(call, body, request, response, handler, observe));
  };
  const { tls, requestTimeoutMs: requestTimeout } = options;
  const settings = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout };
  const server = tls === null ? createHttpServer(settings, listener) : createHttpsServer({ ...settings, ...tls }, listener);
  return server;
}

/** Has the request a body of a known, short length, as it is? */
function isShort({ headers }: IncomingMessage, call: FastCall): boolean {
  if (headers["content-encoding"] !== undefined) return false;
  const length = Number(headers["content-length"] ?? 0);
  return length > 0 && length <= call.bodyBytesMax;
}

/** Calls back with the whole body, once. A request that is cut before has nobody left to answer. */
function takeBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const expected = Number(request.headers["content-length"]);
  const chunks: Buffer[] = [];
  let received = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    received += chunk.length;
    if (received < expected) return;
    request.off("data", onData);
    request.pause();
    done(chunks.length === 1 ? chunk : Buffer.concat(chunks, received));
  };
  request.on("data", onData);
}

async function run(
  call: FastCall,
  body: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
  handler: RequestListener,
  observe: (call: FastCall, startedAt: number) => void,
): Promise<void> {
  const startedAt = performance.now();
  const answer = await answerOf(call, body, request);
  if (answer === null) {
    // put back as if nobody had read it
    request.unshift(body);
    handler(request, response);
    return;
  }
  request.resume();
  response.writeHead(200, [...HEADERS, String(Buffer.byteLength(answer))]);
  response.end(answer);
  observe(call, startedAt);
}

/** What fails here is tried again the usual way, which logs and explains what is wrong. */
async function answerOf(call: FastCall, body: Buffer, request: IncomingMessage): Promise<string | Buffer | null> {
  try {
    return await call.answer(body, request);
  } catch {
    return null;
  }
}

/** Counts answers among the application's own requests. */
function answerObserver(metrics: Metrics): (call: FastCall, startedAt: number) => void {
  const seconds = metrics.histogram("muster_http_request_seconds", REQUEST_SECONDS_HELP, ["method", "route", "status"]);
  return ({ path }, startedAt) =>
    seconds.observe({ method: "POST", route: path, status: "200" }, (performance.now() - startedAt) / 1000);
}

export const REQUEST_SECONDS_HELP = "Time from the request's head to the answer's end, by route and status";
