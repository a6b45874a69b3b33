import { Fields, FormatError, readExactly, type ByteSource } from "./byte-source.ts";
import { PARTS_MAX, type Executable, type ExecutablePart } from "./executable-parts.ts";

const NAMES_BYTES_MAX = 1024 * 1024;
const SEGMENT_LOADED = 1;
const SEGMENT_WRITABLE = 2;
const SECTION_WITHOUT_BYTES = 8;
const SECTION_WRITABLE = 1;

/** Sections and loaded segments of an ELF file (elf(5)). `start` are its first 64 bytes. @throws FormatError, RangeError */
export async function readElf(source: ByteSource, start: Buffer): Promise<Executable> {
  const wide = start[4] === 2;
  const littleEndian = start[5] !== 2;
  const header = new Fields(start, littleEndian, wide);
  const segments = await readSegments(source, header);
  return { source, littleEndian, wide, segments, sections: await readSections(source, header) };
}

async function readTable(source: ByteSource, header: Fields, offset: number, count: number, entryBytes: number): Promise<Fields> {
  if (count > PARTS_MAX) throw new FormatError(`A table of ${count} entries is too large.`);
  return new Fields(await readExactly(source, offset, count * entryBytes), header.littleEndian, header.wide);
}

async function readSegments(source: ByteSource, header: Fields): Promise<ExecutablePart[]> {
  const { wide } = header;
  const offset = header.word(wide ? 32 : 28);
  const entryBytes = wide ? 56 : 32;
  const count = header.u16(wide ? 56 : 44);
  if (offset === 0 || count === 0) return [];
  const table = await readTable(source, header, offset, count, entryBytes);
  const parts: ExecutablePart[] = [];
  for (let at = 0; at < count * entryBytes; at += entryBytes) {
    if (table.u32(at) !== SEGMENT_LOADED) continue;
    parts.push({
      name: "",
      address: table.word(at + (wide ? 16 : 8)),
      offset: table.word(at + (wide ? 8 : 4)),
      size: table.word(at + (wide ? 32 : 16)),
      writable: (table.u32(at + (wide ? 4 : 24)) & SEGMENT_WRITABLE) !== 0,
    });
  }
  return parts;
}

async function readSections(source: ByteSource, header: Fields): Promise<ExecutablePart[]> {
  const { wide } = header;
  const offset = header.word(wide ? 40 : 32);
  const entryBytes = wide ? 64 : 40;
  const count = header.u16(wide ? 60 : 48);
  const namesIndex = header.u16(wide ? 62 : 50);
  // Neither exists in a file that was stripped to the utmost.
  if (offset === 0 || count === 0 || namesIndex >= count) return [];
  const table = await readTable(source, header, offset, count, entryBytes);
  const namesAt = namesIndex * entryBytes;
  const namesBytes = Math.min(table.word(namesAt + (wide ? 32 : 20)), NAMES_BYTES_MAX);
  const names = new Fields(await readExactly(source, table.word(namesAt + (wide ? 24 : 16)), namesBytes), true, wide);
  const parts: ExecutablePart[] = [];
  for (let at = 0; at < count * entryBytes; at += entryBytes) {
    if (table.u32(at + 4) === SECTION_WITHOUT_BYTES) continue;
    parts.push({
      name: names.text(table.u32(at), 256),
      address: table.word(at + (wide ? 16 : 12)),
      offset: table.word(at + (wide ? 24 : 16)),
      size: table.word(at + (wide ? 32 : 20)),
      writable: (table.word(at + 8) & SECTION_WRITABLE) !== 0,
    });
  }
  return parts;
}
