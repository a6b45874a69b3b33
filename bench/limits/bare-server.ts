import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";

/**
 * The least that any HTTP server of this kind does: takes a body and answers `{}`. Started as a process of its own with the kind as its
 * argument; tells its port over IPC.
 */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

const kind = process.argv[2];
const port = kind === "fastify" ? await serveFastify() : await serveNode();
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

async function serveNode(): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 2 });
      response.end("{}");
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}
