import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import fastify from "fastify";
import { afterEach, expect, test } from "vitest";
import { sendDownload } from "./download.ts";

const PIECE = "x".repeat(64 * 1024);
let stop: (() => Promise<unknown>) | undefined;
afterEach(async () => stop?.());

/** A server whose only answer is a download of so many pieces; says when it has given back what the download held. */
async function served(pieces: number, stallMs: number): Promise<{ url: string; ended: Promise<number> }> {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const app = fastify({ serverFactory: (handler): Server => createServer(handler) });
  async function* chunks(): AsyncGenerator<string, void, void> {
    let made = 0;
    try {
      for (; made < pieces; made += 1) yield PIECE;
    } finally {
      resolve(made);
    }
  }
  app.get("/", async (_request, reply) =>
    sendDownload(reply, { contentType: "text/plain", filename: "a.txt", chunks: chunks() }, stallMs),
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  stop = async () => app.close();
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`, ended };
}

async function opened(url: string): Promise<IncomingMessage> {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
  get(url, resolve);
  return promise;
}

test("a receiver that takes nothing is cut off, and what the download holds is given back", async () => {
  const { url, ended } = await served(100_000, 200);
  const response = (await opened(url)).pause();
  expect(await ended).toBeLessThan(2_000); // what fits between the two, not 6 GB
  response.resume();
  const [error] = (await once(response, "error")) as [Error & { code?: string }];
  expect(error.code).toBe("ECONNRESET");
});

/** The pieces between the two ends are taken in far less than the limit, all of them in more. */
const STALL_MS = 3_000;
const PIECES = 512;

test("a slow receiver that goes on taking gets all of it, though it takes longer than the limit", async () => {
  const { url, ended } = await served(PIECES, STALL_MS);
  const response = await opened(url);
  let bytes = 0;
  const begun = performance.now();
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    response.pause();
    setTimeout(() => response.resume(), 8);
  });
  await once(response, "end");
  expect(bytes).toBe(PIECES * PIECE.length);
  expect(performance.now() - begun).toBeGreaterThan(STALL_MS);
  expect(await ended).toBe(PIECES);
});
