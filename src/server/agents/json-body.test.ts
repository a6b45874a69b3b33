import { gzipSync } from "node:zlib";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { AGENT_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import { bodyReader } from "./json-body.ts";

const read = bodyReader(Type.Object({ a: Type.Integer() }), AGENT_BODY_BYTES_MAX);

test("JSON is read, plain or compressed, whatever the headers said", async () => {
  expect(await read(Buffer.from('{"a":1,"more":true}'))).toEqual({ a: 1, more: true });
  expect(await read(gzipSync('{"a":1}'))).toEqual({ a: 1 });
});

test.each([
  ["nothing", undefined, "Not valid JSON."],
  ["half an object", Buffer.from('{"a":'), "Not valid JSON."],
  ["damaged gzip", gzipSync('{"a":1}').subarray(0, 15), "The gzip data is damaged."],
  ["the wrong shape", Buffer.from('{"a":"x"}'), "Not as the protocol has it: must be integer."],
])("%s is refused with 400", async (_what, body, reason) => {
  await expect(read(body)).rejects.toMatchObject({ status: 400, errors: [{ reason }] });
});

test("what unpacks to too much is refused with 413", async () => {
  const bomb = gzipSync(Buffer.alloc(AGENT_BODY_BYTES_MAX + 1, " "));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(read(bomb)).rejects.toMatchObject({ status: 413 });
});
