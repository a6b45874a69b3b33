import { Fields, FormatError, readExactly, sliceSource, type ByteSource } from "./byte-source.ts";
import { PARTS_MAX, type Executable, type ExecutablePart } from "./executable-parts.ts";

const COMMANDS_BYTES_MAX = 1024 * 1024;
const UNIVERSAL = 0xca_fe_ba_be;
/** Java's class files begin with the same number, and with a version of at least 45 where the count of slices would be. */
const SLICES_MAX = 20;
const SEGMENT_32 = 0x1;
const SEGMENT_64 = 0x19;
const WRITABLE = 2;

/**
 * Sections and segments of a Mach-O file (Apple's mach-o/loader.h); of a universal binary those of its first slice, since all
 * slices are built from one source. null for any other file. `start` are the first 64 bytes. @throws FormatError, RangeError
 */
export async function readMachO(source: ByteSource, start: Buffer): Promise<Executable | null> {
  if (start.readUInt32BE(0) === UNIVERSAL) {
    if (start.readUInt32BE(4) === 0 || start.readUInt32BE(4) > SLICES_MAX) return null;
    const slice = sliceSource(source, start.readUInt32BE(16), start.readUInt32BE(20));
    const inner = await readExactly(slice, 0, 64);
    return inner.readUInt32BE(0) === UNIVERSAL ? null : readMachO(slice, inner);
  }
  const order = byteOrder(start);
  if (order === null) return null;
  const header = new Fields(start, order.littleEndian, order.wide);
  const commandsBytes = header.u32(20);
  if (commandsBytes > COMMANDS_BYTES_MAX) throw new FormatError("The load commands are too large.");
  const bytes = await readExactly(source, order.wide ? 32 : 28, commandsBytes);
  const commands = new Fields(bytes, order.littleEndian, order.wide);
  return { source, ...order, ...readCommands(commands, Math.min(header.u32(16), PARTS_MAX)) };
}

function byteOrder(start: Buffer): { littleEndian: boolean; wide: boolean } | null {
  const magics = [0xfe_ed_fa_ce, 0xfe_ed_fa_cf];
  const big = magics.indexOf(start.readUInt32BE(0));
  if (big !== -1) return { littleEndian: false, wide: big === 1 };
  const little = magics.indexOf(start.readUInt32LE(0));
  return little === -1 ? null : { littleEndian: true, wide: little === 1 };
}

function readCommands(commands: Fields, count: number): { sections: ExecutablePart[]; segments: ExecutablePart[] } {
  const found = { sections: [] as ExecutablePart[], segments: [] as ExecutablePart[] };
  const kind = commands.wide ? SEGMENT_64 : SEGMENT_32;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const bytes = commands.u32(at + 4);
    if (bytes < 8) throw new FormatError("A load command has no length.");
    if (commands.u32(at) === kind) readSegment(commands, at, found);
    at += bytes;
  }
  return found;
}

function readSegment(c: Fields, at: number, found: { sections: ExecutablePart[]; segments: ExecutablePart[] }): void {
  const word = c.wide ? 8 : 4;
  const writable = (c.u32(at + 28 + 4 * word) & WRITABLE) !== 0;
  found.segments.push({
    name: c.text(at + 8, 16),
    address: c.word(at + 24),
    offset: c.word(at + 24 + 2 * word),
    size: c.word(at + 24 + 3 * word),
    writable,
  });
  const sections = c.u32(at + 32 + 4 * word);
  const sectionBytes = c.wide ? 80 : 68;
  for (let i = 0; i < sections && found.sections.length < PARTS_MAX; i++) {
    const section = at + 40 + 4 * word + i * sectionBytes;
    found.sections.push({
      name: c.text(section, 16),
      address: c.word(section + 32),
      offset: c.u32(section + 32 + 2 * word),
      size: c.word(section + 32 + word),
      writable,
    });
  }
}
