import type { ByteSource } from "#agent/formats/byte-source.ts";

/**
 * The bytes of a large real file that a reader looked at, and where: keeps executables testable at a few kilobytes each.
 * Made with {@link recordReads}.
 */
export interface Recording {
  /** Of the whole file. */
  size: number;
  reads: { offset: number; base64: string }[];
}

/** A source that notes every read. */
export function recordReads(source: ByteSource): { source: ByteSource; recording: Recording } {
  const recording: Recording = { size: source.size, reads: [] };
  return {
    recording,
    source: {
      size: source.size,
      read: async (offset, length) => {
        const bytes = await source.read(offset, length);
        recording.reads.push({ offset, base64: bytes.toString("base64") });
        return bytes;
      },
    },
  };
}

/** The recorded file as a source. A read of what was not recorded is an error, never zeros. */
export function replay({ size, reads }: Recording): ByteSource {
  const parts = reads.map(({ offset, base64 }) => ({ offset, bytes: Buffer.from(base64, "base64") }));
  return {
    size,
    read: (offset, length) => {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const part = parts.find((p) => p.offset <= offset && offset + wanted <= p.offset + p.bytes.length);
      if (part === undefined && wanted > 0) throw new Error(`Bytes ${offset} to ${offset + wanted} were not recorded.`);
      const start = offset - (part?.offset ?? 0);
      return Promise.resolve(part?.bytes.subarray(start, start + wanted) ?? Buffer.alloc(0));
    },
  };
}
