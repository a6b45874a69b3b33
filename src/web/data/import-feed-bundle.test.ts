import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createClient } from "#client/client.ts";
import { CHUNK_BYTES, importFeedBundle, type ImportProgress } from "./import-feed-bundle.ts";

const BYTES = new Uint8Array(CHUNK_BYTES * 2 + 17).map((_, i) => (i * 31) % 251);
const ANSWER = { import: { id: 5, file_name: "bundle.tar", state: "uploading" } };

/** A server that keeps what it is sent. */
function server(refuse: (path: string) => number = () => 200) {
  const calls: { method: string; path: string; body: unknown }[] = [];
  const client = createClient({
    baseUrl: "http://muster.invalid",
    fetch: async (url, init) => {
      const path = new URL(url instanceof Request ? url.url : url).pathname.replace("/api/latest/fleet/vulnerability_feeds", "");
      calls.push({ method: init?.method ?? "GET", path, body: typeof init?.body === "string" ? JSON.parse(init.body) : null });
      return new Response(JSON.stringify(ANSWER), { status: refuse(path) });
    },
  });
  return { client, calls };
}

test("a file is sent in pieces with its checksum, and then loaded", async () => {
  const { client, calls } = server();
  const told: ImportProgress[] = [];
  const file = new File([BYTES], "bundle.tar");
  const answer = await importFeedBundle(client, file, { signal: new AbortController().signal, onProgress: (p) => told.push(p) });
  expect(answer.id).toBe(5);
  expect(calls[0]).toEqual({
    method: "POST",
    path: "/imports",
    body: { file_name: "bundle.tar", bytes: BYTES.length, sha256: createHash("sha256").update(BYTES).digest("hex") },
  });
  const pieces = calls.slice(1, -1);
  expect(pieces.map(({ method, path }) => `${method} ${path}`)).toEqual([0, 1, 2].map((n) => `PUT /imports/5/chunks/${n}`));
  const sent = Buffer.concat(pieces.map(({ body }) => Buffer.from((body as { content: string }).content, "base64")));
  expect(sent.equals(Buffer.from(BYTES))).toBe(true);
  expect(calls.at(-1)).toMatchObject({ method: "POST", path: "/imports/5/load" });
  expect(told.at(-1)).toEqual({ phase: "upload", bytes: BYTES.length });
  expect(told[0]).toMatchObject({ phase: "checksum" });
});

test("an upload that is ended sends nothing more", async () => {
  const ended = new AbortController();
  const { client, calls } = server();
  const file = new File([BYTES], "bundle.tar");
  const onProgress = ({ phase }: ImportProgress) => phase === "upload" && ended.abort(new Error("enough"));
  await expect(importFeedBundle(client, file, { signal: ended.signal, onProgress })).rejects.toThrow("enough");
  expect(calls.map(({ path }) => path)).toEqual(["/imports", "/imports/5/chunks/0"]);
});

test("a refused piece ends the upload with the server's word", async () => {
  const { client, calls } = server((path) => (path.includes("/chunks/1") ? 422 : 200));
  const file = new File([BYTES], "bundle.tar");
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  await expect(importFeedBundle(client, file, options)).rejects.toMatchObject({ status: 422 });
  expect(calls.at(-1)?.path).toBe("/imports/5/chunks/1");
});
