import { FeedError, type FeedInput } from "../feed.ts";
import { JsonCutter } from "./json-cutter.ts";
import { messageOf, unpacked } from "./unpacked.ts";

const NEWLINE = 0x0a;

/**
 * The values of a file of JSON lines, in order. Empty lines are skipped.
 *
 * @throws {FeedError} for a line that is no JSON or too long, naming its number
 */
export async function* jsonLines<T = unknown>(input: FeedInput): AsyncGenerator<T> {
  let number = 0;
  for await (const line of lines(input)) {
    number += 1;
    if (line.trim() !== "") yield parsed(line, `${input.name} line ${number}`) as T;
  }
}

/** The lines of a text file (UTF-8), without their ends. */
export async function* lines(input: FeedInput): AsyncGenerator<string> {
  let carried: Buffer[] = [];
  let size = 0;
  for await (const chunk of unpacked(input)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      carried.push(chunk.subarray(start, end));
      yield Buffer.concat(carried).toString("utf8").replace(/\r$/, "");
      carried = [];
      size = 0;
      start = end + 1;
    }
    if (start < chunk.length) carried.push(chunk.subarray(start));
    size += chunk.length - start;
    checkSize(size, input);
  }
  if (carried.length > 0) yield Buffer.concat(carried).toString("utf8");
}

/** A whole file as one JSON value: for what is small (at most one record's limit). */
export async function jsonDocument<T = unknown>(input: FeedInput): Promise<T> {
  return parsed(await textDocument(input), input.name) as T;
}

/** A whole file as text (UTF-8): for what is small (at most one record's limit). */
async function textDocument(input: FeedInput): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of unpacked(input)) {
    size += chunk.length;
    checkSize(size, input);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * The elements of an array in a large JSON document, one at a time.
 *
 * @param path names of the objects' fields that lead to it: `["vulnerabilities"]`; none: the document is the array
 * @throws {FeedError} when the document is cut off, is no JSON or has no such array
 */
export async function* jsonArray<T = unknown>(input: FeedInput, ...path: string[]): AsyncGenerator<T> {
  for await (const [, value] of cut(input, path, "[")) yield value as T;
}

/** The fields of an object in a large JSON document, one at a time; path as for {@link jsonArray}. */
export async function* jsonMembers<T = unknown>(input: FeedInput, ...path: string[]): AsyncGenerator<[string, T]> {
  for await (const [key, value] of cut(input, path, "{")) yield [key, value as T];
}

async function* cut(input: FeedInput, path: string[], container: "[" | "{"): AsyncGenerator<[string, unknown]> {
  const cutter = new JsonCutter(path, container, input.limits.recordBytes);
  try {
    for await (const chunk of unpacked(input)) {
      for (const { key, text } of cutter.push(chunk)) yield [key, JSON.parse(text)];
    }
    cutter.end();
  } catch (error) {
    if (error instanceof FeedError) throw error;
    throw new FeedError(`${input.name} is not the JSON it should be: ${messageOf(error)}`, { cause: error });
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\u{feff}/u, ""));
  } catch (error) {
    throw new FeedError(`${where} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function checkSize(size: number, { name, limits }: FeedInput): void {
  if (size > limits.recordBytes) throw new FeedError(`${name} holds a record of more than ${limits.recordBytes} bytes`);
}
