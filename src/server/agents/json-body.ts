import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { FastifyInstance } from "fastify";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Validator } from "typebox/compile";
import { badRequest, HttpError } from "../http/errors.ts";

const unzip = promisify(gunzip);

/** Makes a plugin's bodies arrive as bytes, whatever content type they claim, for {@link bodyReader} to read. */
export function takeBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

/** Reads JSON bodies of one shape. */
export type BodyReader<S extends TSchema> = (body: unknown) => Promise<Static<S>>;

/**
 * Makes a reader for JSON bodies of one schema, plain or packed with gzip; whether they are packed is seen from the first two bytes,
 * since a proxy may have unpacked one without correcting the headers. Types are taken at their word: nothing is converted.
 *
 * The reader throws {@link HttpError}: 400 for what is no JSON or has the wrong shape (naming the field), 413 for what unpacks to more
 * than `bytesMax`.
 */
export function bodyReader<S extends TSchema>(schema: S, bytesMax: number): BodyReader<S> {
  const checked = valueChecker(schema);
  return async (body) => checked(parseJson(await unpackBody(body, bytesMax)));
}

/** Makes a check of values that are parsed already. It throws as {@link bodyReader}'s does. */
export function valueChecker<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const validator: Validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return value as Static<S>;
    const [first] = validator.Errors(value);
    const missing = first?.params !== undefined && "requiredProperties" in first.params ? first.params.requiredProperties : [];
    const field = [...(first?.instancePath.split("/").slice(1) ?? []), ...missing.slice(0, 1)].join(".");
    throw badRequest(
      field === "" ? "body" : field.slice(0, 255),
      `Not as the protocol has it: ${first?.message ?? "wrong shape"}.`,
    );
  };
}

/** A body's bytes, unpacked when they are packed. @throws {HttpError} as {@link bodyReader}'s reader */
export async function unpackBody(body: unknown, bytesMax: number): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return await unzip(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new HttpError(413, [{ name: "body", reason: `Unpacks to more than ${bytesMax} bytes. Send less in one call.` }]);
    }
    throw badRequest("body", "The gzip data is damaged.");
  }
}

/** @throws {HttpError} 400 for what is no JSON */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("body", "Not valid JSON.");
  }
}
