import { SaxesParser } from "saxes";
import { FeedError, type FeedInput } from "../feed.ts";
import { messageOf, unpacked } from "./unpacked.ts";

/** Names are without their prefixes. Text comes in pieces. */
export type XmlEvent =
  | { type: "open"; name: string; attributes: Record<string, string> }
  | { type: "close"; name: string }
  | { type: "text"; text: string };

/** An element with all it holds. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  /** All text directly within it, trimmed. */
  text: string;
  children: XmlElement[];
}

/**
 * The events of an XML document. Entities of its own are refused, as is what nests deeper than the feed's limit.
 *
 * @throws {FeedError} when it is not well-formed or cut off
 */
async function* xmlEvents(input: FeedInput): AsyncGenerator<XmlEvent> {
  let events: XmlEvent[] = [];
  let depth = 0;
  let failure: Error | null = null;
  const parser = new SaxesParser({ xmlns: false });
  parser.on("error", (error) => (failure ??= error));
  parser.on("opentag", ({ name, attributes }) => {
    depth += 1;
    if (depth > input.limits.depth) failure ??= new Error(`elements nest deeper than ${input.limits.depth}`);
    events.push({ type: "open", name: localName(name), attributes: localNames(attributes) });
  });
  parser.on("closetag", ({ name }) => {
    depth -= 1;
    events.push({ type: "close", name: localName(name) });
  });
  parser.on("text", (text) => void events.push({ type: "text", text }));
  parser.on("cdata", (text) => void events.push({ type: "text", text }));
  const decoder = new TextDecoder("utf-8");
  for await (const chunk of unpacked(input)) {
    parser.write(decoder.decode(chunk, { stream: true }));
    if (failure !== null) throw badXml(input, failure);
    yield* events;
    events = [];
  }
  try {
    parser.close();
  } catch (error) {
    throw badXml(input, error);
  }
  if (failure !== null) throw badXml(input, failure);
  yield* events;
}

/**
 * The elements of some names, each with all it holds, in the order in which they end. An element within one that is taken is a child of
 * it only.
 */
export async function* xmlElements(input: FeedInput, names: readonly string[]): AsyncGenerator<XmlElement> {
  const wanted = new Set(names);
  const open: XmlElement[] = [];
  let size = 0;
  for await (const event of xmlEvents(input)) {
    const parent = open.at(-1);
    if (event.type === "open") {
      if (parent === undefined && !wanted.has(event.name)) continue;
      const element: XmlElement = { name: event.name, attributes: event.attributes, text: "", children: [] };
      parent?.children.push(element);
      open.push(element);
      size += 64;
    } else if (parent === undefined) {
      continue;
    } else if (event.type === "text") {
      parent.text += event.text;
      size += event.text.length;
    } else {
      parent.text = parent.text.trim();
      open.pop();
      if (open.length === 0) {
        yield parent;
        size = 0;
      }
    }
    if (size > input.limits.recordBytes)
      throw new FeedError(`${input.name} holds an element of more than ${input.limits.recordBytes} bytes`);
  }
}

/** First child of a name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** All children of a name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function badXml({ name }: FeedInput, error: unknown): FeedError {
  return new FeedError(`${name} is not the XML it should be: ${messageOf(error).split("\n")[0]}`, { cause: error });
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function localNames(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [localName(name), value]));
}
