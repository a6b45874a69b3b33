import { PLIST_DEPTH_MAX, PLIST_VALUES_MAX, PlistError, type PlistDictionary, type PlistValue } from "./plist-value.ts";

const TRAILER_BYTES = 32;
/** Seconds from 1970 to 2001, where Apple's dates begin. */
const APPLE_EPOCH = 978_307_200;

/** The parts of a list that every object needs to find its children. */
interface Layout {
  view: DataView;
  bytes: Uint8Array;
  offsets: number[];
  referenceBytes: number;
  /** Values that may still be made: a list may name one object many times, and so grow without end. */
  budget: { left: number };
}

/**
 * Reads a property list in Apple's binary form (`bplist00`): a table of objects, of which containers name their members by number.
 *
 * @throws PlistError
 */
export function parseBinaryPlist(bytes: Uint8Array): PlistValue {
  if (bytes.length < 8 + TRAILER_BYTES) throw new PlistError("The property list is cut off.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = bytes.length - TRAILER_BYTES;
  const offsetBytes = view.getUint8(trailer + 6);
  const referenceBytes = view.getUint8(trailer + 7);
  const count = integer(view, trailer + 8, 8);
  const table = integer(view, trailer + 24, 8);
  if (count > PLIST_VALUES_MAX) throw new PlistError(`The property list has more than ${PLIST_VALUES_MAX} objects.`);
  const sane = isWidth(offsetBytes) && isWidth(referenceBytes) && table + count * offsetBytes <= trailer;
  if (!sane) throw new PlistError("The property list's trailer is damaged.");
  const offsets = Array.from({ length: count }, (_, i) => integer(view, table + i * offsetBytes, offsetBytes));
  const layout = { view, bytes, offsets, referenceBytes, budget: { left: PLIST_VALUES_MAX } };
  return objectAt(layout, integer(view, trailer + 16, 8), 0);
}

function isWidth(bytes: number): boolean {
  return bytes >= 1 && bytes <= 8;
}

/** @throws PlistError outside the list, or beyond what a number can hold */
function integer(view: DataView, offset: number, width: number): number {
  if (offset < 0 || offset + width > view.byteLength) throw new PlistError("The property list points outside itself.");
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + view.getUint8(offset + i);
  if (!Number.isSafeInteger(value)) throw new PlistError("The property list holds a number that is out of range.");
  return value;
}

function objectAt(layout: Layout, reference: number, depth: number): PlistValue {
  const offset = layout.offsets[reference];
  if (offset === undefined) throw new PlistError("The property list names an object that it does not have.");
  if (depth > PLIST_DEPTH_MAX) throw new PlistError("The property list is nested too deeply.");
  if (--layout.budget.left < 0) throw new PlistError(`The property list has more than ${PLIST_VALUES_MAX} values.`);
  const marker = integer(layout.view, offset, 1);
  const [kind, low] = [marker >> 4, marker & 0x0f];
  if (kind === 0x0) return low === 0x8 ? false : low === 0x9 ? true : null;
  if (kind === 0x1) return signedInteger(layout.view, offset + 1, 2 ** low);
  if (kind === 0x2) return real(layout.view, offset + 1, 2 ** low);
  if (kind === 0x3) return real(layout.view, offset + 1, 8) + APPLE_EPOCH;
  const { length, start } = lengthOf(layout.view, offset, low);
  if (kind === 0x5) return text(layout.bytes, start, length, "latin1");
  if (kind === 0x6) return text(layout.bytes, start, length * 2, "utf-16be");
  if (kind === 0xa || kind === 0xc) return members(layout, start, length, depth);
  if (kind === 0xd) return dictionary(layout, start, length, depth);
  return null; // data, unique ids
}

/** The length of a text or container: in the marker, or in an integer that follows it. */
function lengthOf(view: DataView, offset: number, low: number): { length: number; start: number } {
  if (low !== 0x0f) return { length: low, start: offset + 1 };
  const width = 2 ** (integer(view, offset + 1, 1) & 0x0f);
  return { length: integer(view, offset + 2, width), start: offset + 2 + width };
}

function members({ view, referenceBytes, ...rest }: Layout, start: number, length: number, depth: number): PlistValue[] {
  checkRoom(view, start, length * referenceBytes);
  const layout = { view, referenceBytes, ...rest };
  return Array.from({ length }, (_, i) => objectAt(layout, integer(view, start + i * referenceBytes, referenceBytes), depth + 1));
}

function dictionary(layout: Layout, start: number, length: number, depth: number): PlistDictionary {
  const half = length * layout.referenceBytes;
  checkRoom(layout.view, start, half * 2);
  const keys = members(layout, start, length, depth);
  const values = members(layout, start + half, length, depth);
  const found: PlistDictionary = Object.create(null) as PlistDictionary;
  for (const [i, key] of keys.entries()) if (typeof key === "string") found[key] = values[i] ?? null;
  return found;
}

/** Before anything of a claimed length is made: the list must hold that many bytes. */
function checkRoom(view: DataView, start: number, bytes: number): void {
  if (start + bytes > view.byteLength) throw new PlistError("The property list points outside itself.");
}

function signedInteger(view: DataView, offset: number, width: number): number {
  if (width === 8) {
    checkRoom(view, offset, 8);
    return Number(view.getBigInt64(offset));
  }
  return width < 8 ? integer(view, offset, width) : Number.NaN;
}

function real(view: DataView, offset: number, width: number): number {
  checkRoom(view, offset, width);
  if (width === 4) return view.getFloat32(offset);
  return width === 8 ? view.getFloat64(offset) : Number.NaN;
}

function text(bytes: Uint8Array, start: number, length: number, encoding: "latin1" | "utf-16be"): string {
  if (start + length > bytes.length) throw new PlistError("The property list points outside itself.");
  const part = bytes.subarray(start, start + length);
  if (encoding === "latin1") return new TextDecoder("latin1").decode(part);
  const units = Array.from({ length: length / 2 }, (_, i) => ((part[2 * i] ?? 0) << 8) | (part[2 * i + 1] ?? 0));
  return units.map((unit) => String.fromCharCode(unit)).join("");
}
