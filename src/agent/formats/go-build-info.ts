import { FormatError, type ByteSource } from "./byte-source.ts";
import type { Executable, ExecutablePart } from "./executable-parts.ts";
import { readAddress, readExecutable } from "./executable.ts";

/** What the Go linker wrote into a program about its making; both texts empty when it was told not to. */
export interface GoBuildInfo {
  /** `go1.26.8`. */
  go_version: string;
  /** Lines of `path`, `mod`, `dep`, `=>` and `build` (Go's runtime/debug.BuildInfo). */
  modules: string;
}

const MAGIC = Buffer.from("\u00ff Go buildinf:", "latin1");
const HEADER_BYTES = 32;
const ALIGNMENT = 16;
/** How far the header is looked for: it is at the beginning of its section, or of the program's data. */
const SEARCH_BYTES = 64 * 1024;
const VERSION_BYTES_MAX = 256;
/** The largest programs name some thousand modules in 200 kB. */
const MODULES_BYTES_MAX = 4 * 1024 * 1024;
const FLAG_BIG_ENDIAN = 1;
const FLAG_INLINE = 2;
/** Before and after the list of modules stand 16 bytes each by which the runtime finds it in memory. */
const SENTINEL_BYTES = 16;

/**
 * Reads the build information of a Go program, written by any Go since 1.13: since 1.18 the texts follow the header, before that
 * it holds pointers to them (Go's debug/buildinfo). null when the file is no executable or has none.
 * @throws the system's error when reading fails
 */
export async function readGoBuildInfo(source: ByteSource): Promise<GoBuildInfo | null> {
  const executable = await readExecutable(source);
  const data = executable === null ? undefined : dataPart(executable);
  if (executable === null || data === undefined) return null;
  try {
    const found = await findHeader(executable, data);
    if (found === null) return null;
    return (found.header[15] ?? 0) & FLAG_INLINE
      ? await readInline(executable, found.offset)
      : await readPointers(executable, found.header);
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return null;
    throw error;
  }
}

function dataPart({ sections, segments }: Executable): ExecutablePart | undefined {
  const named = (name: string) => sections.find((section) => section.name === name);
  return (
    named(".go.buildinfo") ??
    named("__go_buildinfo") ??
    named(".data") ??
    segments.find((segment) => segment.writable && segment.size > 0)
  );
}

async function findHeader(executable: Executable, data: ExecutablePart): Promise<{ offset: number; header: Buffer } | null> {
  // It is nearly always at the very beginning.
  for (const searched of [4096, SEARCH_BYTES]) {
    const bytes = await executable.source.read(data.offset, Math.min(data.size, searched));
    for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
      const header = bytes.subarray(at, at + HEADER_BYTES);
      if (at % ALIGNMENT === 0 && header.length === HEADER_BYTES) return { offset: data.offset + at, header };
    }
    if (bytes.length < searched) return null;
  }
  return null;
}

async function readInline({ source }: Executable, offset: number): Promise<GoBuildInfo> {
  const version = await readCounted(source, offset + HEADER_BYTES, VERSION_BYTES_MAX);
  const modules = await readCounted(source, version.end, MODULES_BYTES_MAX);
  return { go_version: version.bytes.toString("utf8"), modules: withoutSentinels(modules.bytes) };
}

/** Bytes behind their length, which is in Go's variable form: seven bits a byte, the lowest first. */
async function readCounted(source: ByteSource, offset: number, bytesMax: number): Promise<{ bytes: Buffer; end: number }> {
  const start = await source.read(offset, 5);
  let length = 0;
  for (let i = 0; i < start.length; i++) {
    const byte = start[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (length > bytesMax) throw new FormatError(`A text of ${length} bytes is too long.`);
    const bytes = await source.read(offset + i + 1, length);
    return { bytes, end: offset + i + 1 + length };
  }
  throw new FormatError("A length does not end.");
}

async function readPointers(executable: Executable, header: Buffer): Promise<GoBuildInfo> {
  const pointerBytes = header[14] === 4 ? 4 : 8;
  const bigEndian = ((header[15] ?? 0) & FLAG_BIG_ENDIAN) !== 0;
  const number = (bytes: Buffer, at: number) => readNumber(bytes, at, pointerBytes, bigEndian);
  const texts: Buffer[] = [];
  for (const [i, bytesMax] of [VERSION_BYTES_MAX, MODULES_BYTES_MAX].entries()) {
    // Each points to a Go string: its address and its length.
    const string = await readAddress(executable, number(header, 16 + i * pointerBytes), 2 * pointerBytes);
    const length = number(string, pointerBytes);
    if (length > bytesMax) throw new FormatError(`A text of ${length} bytes is too long.`);
    texts.push(length === 0 ? Buffer.alloc(0) : await readAddress(executable, number(string, 0), length));
  }
  const [version = Buffer.alloc(0), modules = Buffer.alloc(0)] = texts;
  return { go_version: version.toString("utf8"), modules: withoutSentinels(modules) };
}

function readNumber(bytes: Buffer, at: number, length: 4 | 8, bigEndian: boolean): number {
  if (length === 4) return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  return Number(bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
}

function withoutSentinels(bytes: Buffer): string {
  const end = bytes.length - SENTINEL_BYTES;
  return end > SENTINEL_BYTES && bytes[end - 1] === 0x0a ? bytes.toString("utf8", SENTINEL_BYTES, end) : "";
}
