import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Compile, type Validator } from "typebox/compile";
import type { Static, TSchema } from "typebox";
import { AGENT_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import { badRequest, HttpError } from "../../http/errors.ts";

const unzip = promisify(gunzip);

/** Reads JSON bodies of one shape. */
export type BodyReader<S extends TSchema> = (body: unknown) => Promise<Static<S>>;

/**
 * Makes a reader for bodies of one schema. Agents send JSON under any content type or none, and may compress it with gzip; whether
 * they did is seen from the first two bytes, since a proxy may have unpacked it without correcting the headers.
 *
 * The reader throws {@link HttpError}: 400 for what is no JSON or has the wrong shape, 413 for what unpacks to too much.
 */
export function bodyReader<S extends TSchema>(schema: S): BodyReader<S> {
  const validator: Validator = Compile(schema);
  return async (body) => {
    const value = parse(await unpacked(body));
    if (validator.Check(value)) return value as Static<S>;
    const first = validator.Errors(value)[0];
    const field = first?.instancePath.slice(1).replaceAll("/", ".") ?? "";
    throw badRequest(field === "" ? "body" : field, `Not as osquery's protocol has it: ${first?.message ?? "wrong shape"}.`);
  };
}

async function unpacked(body: unknown): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return await unzip(body, { maxOutputLength: AGENT_BODY_BYTES_MAX });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw badRequest("body", "The gzip data is damaged.");
  }
}

export function tooLarge(): HttpError {
  return new HttpError(413, [
    { name: "body", reason: `Larger than ${AGENT_BODY_BYTES_MAX / 1024 / 1024} MiB; send less at a time.` },
  ]);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("body", "Not valid JSON.");
  }
}
