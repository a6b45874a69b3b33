import { Fields, FormatError, readExactly, type ByteSource } from "./byte-source.ts";
import { PARTS_MAX, type Executable } from "./executable-parts.ts";

const SECTION_BYTES = 40;
const WRITABLE = 0x80_00_00_00;

/** Sections of a Windows executable (Microsoft's "PE Format"). `start` are its first 64 bytes. @throws FormatError, RangeError */
export async function readPe(source: ByteSource, start: Buffer): Promise<Executable> {
  const at = start.readUInt32LE(60);
  const coff = new Fields(await readExactly(source, at, 24), true, false);
  if (coff.u32(0) !== 0x00_00_45_50) throw new FormatError("There is no PE header.");
  const count = coff.u16(6);
  const optionalBytes = coff.u16(20);
  if (count > PARTS_MAX) throw new FormatError(`A table of ${count} sections is too large.`);
  const optional = new Fields(await readExactly(source, at + 24, optionalBytes), true, true);
  const wide = optional.u16(0) === 0x20b;
  const imageBase = wide ? optional.u64(24) : optional.u32(28);
  const table = new Fields(await readExactly(source, at + 24 + optionalBytes, count * SECTION_BYTES), true, wide);
  const sections = Array.from({ length: count }, (_, i) => {
    const entry = i * SECTION_BYTES;
    return {
      name: table.text(entry, 8),
      address: imageBase + table.u32(entry + 12),
      offset: table.u32(entry + 20),
      // The file pads sections; what is beyond the size in memory is filler.
      size: Math.min(table.u32(entry + 8), table.u32(entry + 16)),
      writable: (table.u32(entry + 36) & WRITABLE) !== 0,
    };
  });
  return { source, littleEndian: true, wide, sections, segments: sections };
}
