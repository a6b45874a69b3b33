import http from "node:http";
import https from "node:https";
import { gzipSync } from "node:zlib";

export interface Reply {
  /** null: no HTTP answer came. */
  status: number | null;
  body: Record<string, unknown>;
  /** By osquery's rules: the status does not matter, the body does (reference osquery-remote.md §1.1). */
  failed: boolean;
  nodeInvalid: boolean;
}

export interface WireOptions {
  serverUrl: string;
  /** `/api/osquery` or `/api/v1/osquery`. */
  prefix: string;
  userAgent: string;
  contentType: string | null;
  timeoutMs: number;
  /** Certificates to trust, for an https server. */
  ca?: string;
}

/** The HTTP side of a simulated agent: `POST`, JSON, one kept-alive connection. */
export interface Wire {
  post(endpoint: string, body: string, options?: { nodeKey?: string | null; gzip?: boolean }): Promise<Reply>;
  close(): void;
}

const UNREACHED: Reply = { status: null, body: {}, failed: true, nodeInvalid: false };

export function createWire(options: WireOptions): Wire {
  const isTls = options.serverUrl.startsWith("https:");
  const transport = isTls ? https : http;
  const agent = isTls
    ? new https.Agent({ keepAlive: true, maxSockets: 1, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    : new http.Agent({ keepAlive: true, maxSockets: 1 });
  const base = `${options.serverUrl.replace(/\/$/, "")}${options.prefix}`;
  return {
    async post(endpoint, text, { nodeKey = null, gzip = false } = {}) {
      const body = gzip ? gzipSync(text) : Buffer.from(text);
      const headers: Record<string, string | number> = {
        accept: "application/json",
        "user-agent": options.userAgent,
        "content-length": body.length,
      };
      if (options.contentType !== null) headers["content-type"] = options.contentType;
      if (gzip) headers["content-encoding"] = "gzip";
      if (nodeKey !== null) headers["authorization"] = `NodeKey ${nodeKey}`;
      try {
        return await exchange(
          transport,
          `${base}/${endpoint}`,
          { method: "POST", agent, headers, timeout: options.timeoutMs },
          body,
        );
      } catch {
        return UNREACHED;
      }
    },
    close: () => agent.destroy(),
  };
}

function exchange(
  transport: typeof http | typeof https,
  url: string,
  options: http.RequestOptions,
  body: Buffer,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = transport.request(url, options, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => resolve(judge(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"))));
  });
  request.on("timeout", () => request.destroy(new Error("timeout")));
  request.on("error", reject);
  request.end(body);
  return promise;
}

/** Success or failure as osquery sees it. */
export function judge(status: number, text: string): Reply {
  if (text === "") return { status, body: {}, failed: false, nodeInvalid: false };
  try {
    const value: unknown = JSON.parse(text);
    const body = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
    const nodeInvalid = body["node_invalid"] === true;
    return { status, body, failed: nodeInvalid || "error" in body, nodeInvalid };
  } catch {
    return { status, body: {}, failed: true, nodeInvalid: false };
  }
}
