import { FormatError, readExactly, type ByteSource } from "./byte-source.ts";
import type { Executable } from "./executable-parts.ts";
import { readElf } from "./elf.ts";
import { readMachO } from "./mach-o.ts";
import { readPe } from "./pe.ts";

/**
 * Reads the tables of an ELF, Mach-O or PE file; null for every other file and for one whose tables are damaged. Costs a few small
 * reads, whatever the file's size.
 * @throws the system's error when reading fails
 */
export async function readExecutable(source: ByteSource): Promise<Executable | null> {
  if (source.size < 64) return null;
  try {
    const start = await readExactly(source, 0, 64);
    if (start.readUInt32BE(0) === 0x7f_45_4c_46) return await readElf(source, start);
    if (start.readUInt16BE(0) === 0x4d_5a) return await readPe(source, start);
    return await readMachO(source, start);
  } catch (error) {
    // A RangeError is a field outside of the header that should hold it.
    if (error instanceof FormatError || error instanceof RangeError) return null;
    throw error;
  }
}

/** The bytes of a section by name, null when there is none. @throws FormatError when it is larger than `bytesMax` */
export async function readSection(executable: Executable, name: string, bytesMax: number): Promise<Buffer | null> {
  const section = executable.sections.find((candidate) => candidate.name === name);
  if (section === undefined) return null;
  if (section.size > bytesMax) throw new FormatError(`The section ${name} is larger than ${bytesMax} bytes.`);
  return readExactly(executable.source, section.offset, section.size);
}

/** The bytes at an address in memory. @throws FormatError when nothing of the file is loaded there */
export async function readAddress(executable: Executable, address: number, length: number): Promise<Buffer> {
  const part = executable.segments.find((s) => address >= s.address && address + length <= s.address + s.size);
  if (part === undefined) throw new FormatError(`Nothing of the file is at the address ${address}.`);
  return readExactly(executable.source, part.offset + address - part.address, length);
}
