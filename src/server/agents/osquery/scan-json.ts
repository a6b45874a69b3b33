/** Place of a member of a JSON object: from its name's first byte to behind its value's last. */
export interface Member {
  name: string;
  start: number;
  valueStart: number;
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;
/** osquery hands out fewer than a hundred; a body with more is read the usual way. */
const MEMBERS_MAX = 1000;

/** The members of an object, and the place behind it; null when there is none, or it is not plain. */
export function membersOf(
  body: Buffer,
  from: number,
  endOf: (name: string, valueStart: number) => number | null,
): { members: Member[]; end: number } | null {
  const members = new Map<string, Member>();
  let at = skipSpace(body, from);
  if (body[at] !== OPEN_BRACE) return null;
  at = skipSpace(body, at + 1);
  if (body[at] === CLOSE_BRACE) return { members: [], end: at + 1 };
  for (;;) {
    const member = memberAt(body, at, endOf);
    if (member === null || members.has(member.name) || members.size >= MEMBERS_MAX) return null;
    members.set(member.name, member);
    at = skipSpace(body, member.end);
    if (body[at] === CLOSE_BRACE) return { members: [...members.values()], end: at + 1 };
    if (body[at] !== COMMA) return null;
    at = skipSpace(body, at + 1);
  }
}

function memberAt(body: Buffer, start: number, endOf: (name: string, valueStart: number) => number | null): Member | null {
  if (body[start] !== QUOTE) return null;
  const nameEnd = body.indexOf(QUOTE, start + 1);
  const name = nameEnd === -1 ? "\\" : body.toString("latin1", start + 1, nameEnd);
  const colon = skipSpace(body, nameEnd + 1);
  if (name.includes("\\") || body[colon] !== COLON) return null;
  const valueStart = skipSpace(body, colon + 1);
  const end = endOf(name, valueStart);
  return end === null ? null : { name, start, valueStart, end };
}

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  for (; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
  }
  return at;
}

/** The place behind a value; null when it does not end. Looks at brackets and strings only. */
export function endOfValue(body: Buffer, from: number): number | null {
  const first = body[from];
  if (first === QUOTE) return endOfString(body, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(body, from);
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return at;
  }
  return null;
}

function endOfString(body: Buffer, from: number): number | null {
  for (let at = from + 1; at < body.length; at++) {
    if (body[at] === BACKSLASH) at++;
    else if (body[at] === QUOTE) return at + 1;
  }
  return null;
}

/** The loop over nearly all bytes of a body: 1.5 ns each. */
function endOfContainer(body: Buffer, from: number): number | null {
  const { length } = body;
  let depth = 0;
  let at = from;
  while (at < length) {
    let byte = body[at++] ?? 0;
    if (byte === QUOTE) {
      do {
        byte = body[at++] ?? QUOTE;
        if (byte === BACKSLASH) at++;
      } while (byte !== QUOTE);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at;
  }
  return null;
}

/**
 * The places of the elements of an array of objects, where each begins and where the next byte behind it is, one after the other; null
 * when it is anything else. What is in the objects is not checked.
 */
export function elementsOf(body: Buffer, from: number): number[] | null {
  const places: number[] = [];
  if (body[from] !== OPEN_BRACKET) return null;
  let at = skipSpace(body, from + 1);
  if (body[at] === CLOSE_BRACKET) return places;
  for (;;) {
    const end = body[at] === OPEN_BRACE ? endOfContainer(body, at) : null;
    if (end === null) return null;
    places.push(at, end);
    at = skipSpace(body, end);
    if (body[at] === CLOSE_BRACKET) return places;
    if (body[at] !== COMMA) return null;
    at = skipSpace(body, at + 1);
  }
}
