import { hash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";

/**
 * The least that any HTTP server of this kind does: takes a body and answers `{}`; as `parse`, having parsed and digested it. Started as a process of its own with the kind as its
 * argument; tells its port over IPC.
 */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

const kind = process.argv[2];
const port = kind === "fastify" ? await serveFastify() : await serveNode(kind === "parse" ? parseAndDigest : () => undefined);
process.send?.({ port });
process.on("disconnect", () => process.exit());

async function serveFastify(): Promise<number> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post("/*", async () => ({}));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/**
 * The least that a server does that parses a distributed write to see whether it is the last one again: JSON, and for each query a digest
 * that does not depend on the order of its rows.
 */
function parseAndDigest(body: Buffer): string {
  const { queries } = JSON.parse(body.toString("utf8")) as { queries: Record<string, unknown> };
  const digests = Object.entries(queries).map(([name, rows]) => {
    const lines = Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).toSorted() : [];
    return `${name} ${hash("sha256", lines.join("\n"))}`;
  });
  return digests.join("\n");
}

async function serveNode(work: (body: Buffer) => unknown): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      work(Buffer.concat(chunks));
      response.writeHead(200, { "content-type": "application/json", "content-length": 2 });
      response.end("{}");
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}
