import type { ByteSource } from "./byte-source.ts";

/** A named part of an executable, or a range of it that is loaded into memory. */
export interface ExecutablePart {
  /** Empty for ranges without a name. */
  name: string;
  /** Where it is in memory. */
  address: number;
  /** Where it is in the file, and how many bytes of it are there. */
  offset: number;
  size: number;
  /** Data that the program may change. */
  writable: boolean;
}

/** What is needed to find data in an executable of any of the three containers. */
export interface Executable {
  /** The bytes that offsets count from: the whole file, or one architecture's slice of a universal binary. */
  source: ByteSource;
  littleEndian: boolean;
  /** 64-bit addresses. */
  wide: boolean;
  sections: ExecutablePart[];
  /** What is mapped to memory. */
  segments: ExecutablePart[];
}

/** Most sections or load commands of one file; real ones have tens. */
export const PARTS_MAX = 10_000;
