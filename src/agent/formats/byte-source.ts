/** Bytes that are read where they are needed: a file of any size, a member of an archive, or a recording in tests. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from `offset` on; fewer than `length` only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A file that is not what its beginning says, or more than an honest one holds. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Most bytes of one read: what a damaged length may cost. */
export const READ_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Exactly `length` bytes.
 * @throws FormatError when the source ends before, or the length is beyond {@link READ_BYTES_MAX}
 */
export async function readExactly(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > source.size) {
    throw new FormatError(`${length} bytes at ${offset} are outside of the file.`);
  }
  if (length > READ_BYTES_MAX) throw new FormatError(`A part of ${length} bytes is too large.`);
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) throw new FormatError(`The file ended while it was read.`);
  return bytes;
}

/** Bytes in memory as a source. */
export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** A part of a source as a source of its own, cut off at the source's end. */
export function sliceSource(source: ByteSource, start: number, size: number): ByteSource {
  const length = Math.max(0, Math.min(size, source.size - start));
  return {
    size: length,
    read: (offset, wanted) => source.read(start + offset, Math.max(0, Math.min(wanted, length - offset))),
  };
}

/** Numbers of a binary header in its byte order and word size. Reading outside of it throws a RangeError. */
export class Fields {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
  /** 64-bit words. */
  readonly wide: boolean;

  constructor(bytes: Buffer, littleEndian: boolean, wide: boolean) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.wide = wide;
  }

  u16(at: number): number {
    return this.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  /** Beyond 2^53 inexact, which is outside of every file anyway. */
  u64(at: number): number {
    return Number(this.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at));
  }

  /** A number of the file's own word size. */
  word(at: number): number {
    return this.wide ? this.u64(at) : this.u32(at);
  }

  /** Text that ends with a NUL or after `length` bytes. */
  text(at: number, length: number): string {
    const bytes = this.bytes.subarray(at, at + length);
    const end = bytes.indexOf(0);
    return bytes.toString("latin1", 0, end === -1 ? bytes.length : end);
  }
}
