import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { runPath } from "./system/exec.ts";
import { createTransport, parseRetryAfter } from "./transport.ts";
import type { Transport } from "./transport.ts";

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer((request, response) => void listener(request, response)))}`;
}

function transportTo(server: string, ca: string | null = null): Transport {
  const transport = createTransport({ server, ca, userAgent: "test" });
  closing.push(() => transport.close());
  return transport;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const call = { nodeKey: "the-key", timeoutMs: 2000, signal: new AbortController().signal };

describe("post", () => {
  test("sends the key, keeps the connection, and stays below a server's path", async () => {
    const seen: { url: string; authorization: string; port: number }[] = [];
    const url = await serve(async (request, response) => {
      await bodyOf(request);
      seen.push({
        url: request.url ?? "",
        authorization: request.headers.authorization ?? "",
        port: request.socket.remotePort ?? 0,
      });
      response.end("{}");
    });
    const transport = transportTo(`${url}/muster/`);
    await transport.post("/api/a", {}, call);
    await transport.post("/api/b", {}, { ...call, nodeKey: null });
    expect(seen.map(({ url: path, authorization }) => [path, authorization])).toEqual([
      ["/muster/api/a", "NodeKey the-key"],
      ["/muster/api/b", ""],
    ]);
    expect(seen[0]?.port).toBe(seen[1]?.port);
  });

  test("compresses large bodies", async () => {
    const url = await serve(async (request, response) => {
      const bytes = await bodyOf(request);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      response.end(
        JSON.stringify({ encoding: request.headers["content-encoding"] ?? null, sent: bytes.length, body: body.length }),
      );
    });
    const transport = transportTo(url);
    expect(await transport.post("/", { a: "x".repeat(100_000) }, call)).toMatchObject({ encoding: "gzip", body: 100_008 });
    expect(await transport.post("/", { a: 1 }, call)).toEqual({ encoding: null, sent: 7, body: 7 });
  });

  test("repeats a call once when a kept connection was closed in that moment", async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      calls++;
      if (calls === 2) request.socket.destroy();
      else response.end(JSON.stringify({ calls }));
    });
    const transport = transportTo(url);
    await transport.post("/", {}, call);
    expect(await transport.post("/", {}, call)).toEqual({ calls: 3 });
  });

  test("gives up when the server does not answer in time, or the agent ends", async () => {
    const transport = transportTo(await serve(() => {}));
    await expect(transport.post("/", {}, { ...call, timeoutMs: 50 })).rejects.toMatchObject({ kind: "timeout" });
    const stop = new AbortController();
    const waiting = transport.post("/", {}, { ...call, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ kind: "unreachable" });
  });

  test("bounds the answer, and knows one that broke off", async () => {
    const large = transportTo(await serve((_request, response) => void response.end("x".repeat(2_000_000))));
    await expect(large.post("/", {}, call)).rejects.toThrow("larger than 1048576 bytes");
    const broken = transportTo(
      await serve((request, response) => {
        response.writeHead(200, { "content-length": 100 });
        response.write("{");
        setTimeout(() => request.socket.destroy(), 20);
      }),
    );
    await expect(broken.post("/", {}, call)).rejects.toMatchObject({ kind: "unreachable" });
  });

  test("an error says what the server says", async () => {
    const body = { message: "Validation Failed", errors: [{ name: "sources", reason: "too many" }], node_invalid: true };
    const url = await serve((_request, response) => {
      response.writeHead(401, { "retry-after": "7" });
      response.end(JSON.stringify(body));
    });
    await expect(transportTo(url).post("/", {}, call)).rejects.toMatchObject({
      message: "The server answered 401 (Validation Failed, too many).",
      status: 401,
      retryAfterSeconds: 7,
      nodeInvalid: true,
    });
  });

  test("no answer at all names the address's trouble", async () => {
    await expect(transportTo("http://127.0.0.1:1").post("/", {}, call)).rejects.toThrow(
      "The server cannot be reached: connect ECONNREFUSED",
    );
    await expect(transportTo("http://no-such-host.invalid").post("/", {}, call)).rejects.toThrow(
      /cannot be reached: getaddrinfo/,
    );
  });
});

describe("parseRetryAfter", () => {
  test("reads seconds and dates", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const headers = [undefined, "120", "Thu, 01 Jan 2026 00:01:00 GMT", "Wed, 31 Dec 2025 00:00:00 GMT", "soon"];
    expect(headers.map((header) => parseRetryAfter(header, now))).toEqual([null, 120, 60, 0, null]);
  });
});

const OPENSSL = "/usr/bin/openssl";
const missing = !existsSync(OPENSSL);
describe.skipIf(missing)(`TLS${missing ? ` (skipped: this machine has no ${OPENSSL})` : ""}`, () => {
  test("trusts the given authority only, and says what to do without it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "muster-tls-"));
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=muster",
    ];
    const names = ["-addext", "subjectAltName=IP:127.0.0.1"];
    await runPath(OPENSSL, [...request, ...names, "-keyout", key, "-out", cert], { timeoutMs: 20_000, outputBytesMax: 100_000 });
    const pem = { key: readFileSync(key), cert: readFileSync(cert) };
    rmSync(directory, { recursive: true });
    const port = await listen(createTlsServer(pem, (_request, response) => response.end('{"ok":true}')));
    const ca = pem.cert.toString();
    expect(await transportTo(`https://127.0.0.1:${port}`, ca).post("/", {}, call)).toEqual({ ok: true });
    await expect(transportTo(`https://127.0.0.1:${port}`).post("/", {}, call)).rejects.toThrow("with --ca");
    await expect(transportTo(`https://localhost:${port}`, ca).post("/", {}, call)).rejects.toThrow(
      "use a name that its certificate holds",
    );
  });
});
