import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { errorCode } from "./system/files.ts";

const RESPONSE_BYTES_MAX = 1024 * 1024;
/** Smaller bodies cost more to compress than they save. */
const GZIP_BYTES_MIN = 4096;
const compress = promisify(gzip);

export interface TransportOptions {
  /** The server's address, with a path when it is served below one. */
  server: string;
  /** PEM of the authorities to trust instead of the built-in ones; null for the built-in ones. */
  ca: string | null;
  userAgent: string;
}

export interface CallOptions {
  nodeKey: string | null;
  timeoutMs: number;
  signal: AbortSignal;
}

/** A call that brought no usable answer. */
export class CallError extends Error {
  kind: "unreachable" | "timeout" | "status" | "unusable";
  /** The HTTP status, 0 when there was none. */
  status: number;
  retryAfterSeconds: number | null;
  /** True when the server says that it does not know this device's key. */
  nodeInvalid: boolean;
  constructor(
    kind: CallError["kind"],
    message: string,
    answer?: { status: number; retryAfterSeconds: number | null; nodeInvalid: boolean },
  ) {
    super(message);
    this.name = "CallError";
    this.kind = kind;
    this.status = answer?.status ?? 0;
    this.retryAfterSeconds = answer?.retryAfterSeconds ?? null;
    this.nodeInvalid = answer?.nodeInvalid ?? false;
  }
}

export interface Transport {
  /**
   * Posts JSON and returns the JSON answer of a 2xx reply. Connections are kept alive; redirects are never followed (they would
   * carry the device's key elsewhere); answers are bounded.
   * @throws CallError
   */
  post(path: string, body: unknown, options: CallOptions): Promise<unknown>;
  close(): void;
}

/** @throws Error with one sentence when the address is not usable. */
export function createTransport(options: TransportOptions): Transport {
  const base = new URL(options.server);
  const secure = base.protocol === "https:";
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 4, ...(options.ca === null ? {} : { ca: options.ca }) })
    : new HttpAgent({ keepAlive: true, maxSockets: 4 });
  const prefix = base.pathname.replace(/\/+$/, "");

  function send(requestOptions: RequestOptions): ClientRequest {
    const all = { ...requestOptions, agent, host: base.hostname.replace(/^\[|\]$/g, ""), port: base.port || undefined };
    return secure ? httpsRequest(all) : httpRequest(all);
  }

  async function post(path: string, body: unknown, call: CallOptions): Promise<unknown> {
    const json = Buffer.from(JSON.stringify(body), "utf8");
    const zipped = json.length >= GZIP_BYTES_MIN;
    const payload = zipped ? await compress(json) : json;
    const headers: Record<string, string | number> = {
      "content-type": "application/json",
      "content-length": payload.length,
      accept: "application/json",
      "user-agent": options.userAgent,
      host: base.host,
    };
    if (zipped) headers["content-encoding"] = "gzip";
    if (call.nodeKey !== null) headers["authorization"] = `NodeKey ${call.nodeKey}`;
    const request = { method: "POST", path: prefix + path, headers };
    try {
      return await exchange(send, request, payload, call);
    } catch (error) {
      // A server may close an idle connection in the moment it is used again; that says nothing about the server.
      if (!(error instanceof StaleConnectionError)) throw error;
      return await exchange(send, request, payload, call);
    }
  }

  return { post, close: () => agent.destroy() };
}

class StaleConnectionError extends Error {}

type Send = (options: RequestOptions) => ClientRequest;

function exchange(send: Send, options: RequestOptions, payload: Buffer, call: CallOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = send(options);
    let answered = false;
    const timer = setTimeout(
      () => request.destroy(new CallError("timeout", `The server did not answer within ${Math.round(call.timeoutMs / 1000)} s.`)),
      call.timeoutMs,
    );
    const stop = () => request.destroy(new CallError("unreachable", "The call was ended."));
    call.signal.addEventListener("abort", stop, { once: true });
    function settle(outcome: () => void): void {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", stop);
      outcome();
    }
    request.on("error", (error) => settle(() => reject(connectionError(error, request.reusedSocket && !answered))));
    request.on("response", (response) => {
      answered = true;
      readAnswer(response).then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error instanceof CallError ? error : connectionError(error, false))),
      );
    });
    if (call.signal.aborted) stop();
    else request.end(payload);
  });
}

function connectionError(error: unknown, reused: boolean): Error {
  if (error instanceof CallError) return error;
  const code = errorCode(error);
  if (reused && (code === "ECONNRESET" || code === "EPIPE")) return new StaleConnectionError("The kept connection was closed.");
  const text = error instanceof Error ? error.message || code : String(error);
  return new CallError("unreachable", `The server cannot be reached: ${text || "unknown error"}${remedy(code)}`);
}

function remedy(code: string): string {
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED)/.test(code)) {
    return " (give the certificate of its authority with --ca).";
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return " (use a name that its certificate holds).";
  return ".";
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const status = response.statusCode ?? 0;
  const text = await readBody(response);
  if (status >= 200 && status < 300) return parseBody(text, status);
  const retryAfterSeconds = parseRetryAfter(response.headers["retry-after"], Date.now());
  const location = response.headers.location;
  if (status >= 300 && status < 400 && location !== undefined) {
    throw new CallError("status", `The server redirects to ${location.slice(0, 200)}; give its final address with --server.`, {
      status,
      retryAfterSeconds,
      nodeInvalid: false,
    });
  }
  const { message, nodeInvalid } = describeError(text);
  throw new CallError("status", `The server answered ${status}${message}.`, { status, retryAfterSeconds, nodeInvalid });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > RESPONSE_BYTES_MAX) {
      response.destroy();
      throw new CallError("unusable", `The server's answer is larger than ${RESPONSE_BYTES_MAX} bytes.`);
    }
    chunks.push(chunk);
  }
  if (!response.complete) throw new CallError("unreachable", "The server's answer broke off.");
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string, status: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CallError("unusable", `What answers at the server's address (status ${status}) is not a Muster server.`);
  }
}

/** What REST's error shape says (`message`, `errors[].reason`), and `node_invalid`. */
function describeError(text: string): { message: string; nodeInvalid: boolean } {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // A proxy's HTML page: the status alone is told.
  }
  if (typeof value !== "object" || value === null) return { message: "", nodeInvalid: false };
  const { message, errors, node_invalid } = value as { message?: unknown; errors?: unknown; node_invalid?: unknown };
  const reasons = Array.isArray(errors) ? errors.map((e: { reason?: unknown } | null) => e?.reason).filter(isText) : [];
  const words = [...(isText(message) ? [message] : []), ...reasons].join(", ").slice(0, 300);
  return { message: words === "" ? "" : ` (${words})`, nodeInvalid: node_invalid === true };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Seconds to wait by a Retry-After header (seconds or an HTTP date); null without a usable one. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim());
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}
