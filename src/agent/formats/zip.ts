import { inflateRawSync } from "node:zlib";
import { FormatError, readExactly, sliceSource, type ByteSource } from "./byte-source.ts";

/** One member of an archive, as the archive's directory says. */
export interface ZipMember {
  name: string;
  /** Uncompressed, as the directory claims. */
  size: number;
  compressedSize: number;
  /** 0 stored, 8 deflated (PKWARE's APPNOTE 4.4.5). */
  method: number;
  /** Of its local header, in the source. */
  offset: number;
  encrypted: boolean;
}

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const END = 0x06_05_4b_50;
const END_64_LOCATOR = 0x07_06_4b_50;
const END_64 = 0x06_06_4b_50;
const MEMBER = 0x02_01_4b_50;
const LOCAL = 0x04_03_4b_50;
const LOCAL_BYTES = 30;
const MEMBER_BYTES = 46;
/** The directory is read piece by piece, so that an archive of a million members costs no more memory than one of ten. */
const PIECE_BYTES = 256 * 1024;
/** Names and extra fields of one member at their longest. */
const MEMBER_BYTES_MAX = MEMBER_BYTES + 3 * 65_535;
const MEMBERS_MAX = 1_000_000;

/**
 * The members of a zip archive whose names are wanted, in the order of its directory. Archives behind a program (self-extracting,
 * Spring's executable jars) are found from their end, as every tool does.
 *
 * @throws FormatError when it is no zip archive, or a damaged one
 */
export async function readZipMembers(source: ByteSource, wanted: (name: string) => boolean): Promise<ZipMember[]> {
  const { start, size, base } = await findDirectory(source);
  const found: ZipMember[] = [];
  let at = start;
  const end = start + size;
  for (let members = 0; at + MEMBER_BYTES <= end;) {
    const piece = await readExactly(source, at, Math.min(Math.max(PIECE_BYTES, MEMBER_BYTES_MAX), end - at));
    let used = 0;
    while (used + MEMBER_BYTES <= piece.length) {
      const length = memberLength(piece, used);
      if (used + length > piece.length) break;
      if (++members > MEMBERS_MAX) throw new FormatError(`The archive has more than ${MEMBERS_MAX} members.`);
      const name = memberName(piece, used);
      if (wanted(name)) found.push(memberAt(piece, used, name, base));
      used += length;
    }
    if (used === 0) throw new FormatError("The archive's directory is cut off.");
    at += used;
  }
  return found;
}

/** Where the directory is, and what is to be added to all offsets because something stands before the archive. */
async function findDirectory(source: ByteSource): Promise<{ start: number; size: number; base: number }> {
  const tailBytes = Math.min(source.size, END_BYTES + COMMENT_BYTES_MAX);
  const tailAt = source.size - tailBytes;
  const tail = await readExactly(source, tailAt, tailBytes);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) > tail.length) continue;
    let [size, offset, endAt] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16), tailAt + at];
    const large = await readEnd64(source, endAt);
    if (large !== null) ({ size, offset, endAt } = large);
    const start = endAt - size;
    if (start < offset || start < 0) throw new FormatError("The archive's directory is not where its end says.");
    return { start, size, base: start - offset };
  }
  throw new FormatError("This is not a zip archive.");
}

/** The end of an archive with more than 65,535 members or 4 GiB; null when it has none. */
async function readEnd64(source: ByteSource, endAt: number): Promise<{ size: number; offset: number; endAt: number } | null> {
  if (endAt < 76) return null;
  const locator = await readExactly(source, endAt - 20, 20);
  if (locator.readUInt32LE(0) !== END_64_LOCATOR) return null;
  const end = await readExactly(source, endAt - 76, 56);
  if (end.readUInt32LE(0) !== END_64) throw new FormatError("The archive's large end is not where it should be.");
  return { size: Number(end.readBigUInt64LE(40)), offset: Number(end.readBigUInt64LE(48)), endAt: endAt - 76 };
}

function memberLength(piece: Buffer, at: number): number {
  if (piece.readUInt32LE(at) !== MEMBER) throw new FormatError("The archive's directory is damaged.");
  return MEMBER_BYTES + piece.readUInt16LE(at + 28) + piece.readUInt16LE(at + 30) + piece.readUInt16LE(at + 32);
}

function memberName(piece: Buffer, at: number): string {
  return piece.toString("utf8", at + MEMBER_BYTES, at + MEMBER_BYTES + piece.readUInt16LE(at + 28));
}

function memberAt(piece: Buffer, at: number, name: string, base: number): ZipMember {
  const sizes = {
    size: piece.readUInt32LE(at + 24),
    compressedSize: piece.readUInt32LE(at + 20),
    offset: piece.readUInt32LE(at + 42),
  };
  const extraAt = at + MEMBER_BYTES + piece.readUInt16LE(at + 28);
  readSizes64(piece.subarray(extraAt, extraAt + piece.readUInt16LE(at + 30)), sizes);
  const encrypted = (piece.readUInt16LE(at + 8) & 1) !== 0;
  return { name, method: piece.readUInt16LE(at + 10), encrypted, ...sizes, offset: base + sizes.offset };
}

/** Numbers that do not fit 32 bits stand in an extra field, in this order, and only those that do not (APPNOTE 4.5.3). */
function readSizes64(extra: Buffer, sizes: { size: number; compressedSize: number; offset: number }): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let value = at + 4;
    for (const field of ["size", "compressedSize", "offset"] as const) {
      if (sizes[field] !== 0xff_ff_ff_ff || value + 8 > extra.length) continue;
      sizes[field] = Number(extra.readBigUInt64LE(value));
      value += 8;
    }
  }
}

/**
 * The bytes of a member, at most `bytesMax` of them: what claims or turns out to be larger is refused before it is in memory.
 * @throws FormatError when it is larger, encrypted, compressed in another way, or damaged
 */
export async function readZipMember(source: ByteSource, member: ZipMember, bytesMax: number): Promise<Buffer> {
  if (member.size > bytesMax) throw new FormatError(`${member.name} is larger than ${bytesMax} bytes.`);
  const stored = await storedBytes(source, member);
  const bytes = await readExactly(stored, 0, stored.size);
  if (member.method === 0) return bytes;
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, member.size) });
  } catch (error) {
    throw new FormatError(`${member.name} could not be inflated: ${String(error)}`);
  }
}

/**
 * A member that is stored uncompressed as a source of its own, whatever its size; null for a compressed one.
 * @throws FormatError when it is encrypted or damaged
 */
export async function storedMember(source: ByteSource, member: ZipMember): Promise<ByteSource | null> {
  return member.method === 0 ? storedBytes(source, member) : null;
}

async function storedBytes(source: ByteSource, member: ZipMember): Promise<ByteSource> {
  if (member.encrypted || (member.method !== 0 && member.method !== 8)) {
    throw new FormatError(`${member.name} is encrypted or compressed in an unusual way.`);
  }
  const local = await readExactly(source, member.offset, LOCAL_BYTES);
  if (local.readUInt32LE(0) !== LOCAL) throw new FormatError(`${member.name} is not where the archive's directory says.`);
  const start = member.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + member.compressedSize > source.size) throw new FormatError(`${member.name} is cut off.`);
  return sliceSource(source, start, member.compressedSize);
}
