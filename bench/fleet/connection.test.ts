import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Connection } from "./connection.ts";

let server: Server | null = null;
afterEach(() => server?.close());

/** A server that answers each request with these bytes, one chunk after the other. */
async function answering(...chunks: string[]): Promise<Connection> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      for (const [i, chunk] of chunks.entries()) setTimeout(() => socket.write(chunk), i * 10);
    });
  }).listen(0, "127.0.0.1", resolve);
  await promise;
  return Connection.open((server.address() as AddressInfo).port);
}

test("an answer that comes in pieces is put together, and the connection is used again", async () => {
  const connection = await answering("HTTP/1.1 200 OK\r\nContent-Le", 'ngth: 7\r\n\r\n{"a":', "1}");
  for (let i = 0; i < 2; i++) {
    const { status, body } = await connection.send("POST", "/x", "", Buffer.from("{}"));
    expect([status, body.toString()]).toEqual([200, '{"a":1}']);
  }
  connection.close();
});

test("an answer without a length is an error: it could not be told from the next", async () => {
  const connection = await answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  await expect(connection.send("GET", "/x", "", null)).rejects.toThrow("without content-length");
  connection.close();
});

test("one request at a time", async () => {
  const connection = await answering("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n");
  const first = connection.send("GET", "/x", "", null);
  await expect(connection.send("GET", "/x", "", null)).rejects.toThrow("under way");
  expect((await first).status).toBe(204);
  connection.close();
});
