const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * How much a feed may bring. The largest known part of each kind has at least three times as much room; beyond it the data is not what it
 * claims to be. docs/guide/feeds.md shows them.
 */
export interface FeedLimits {
  /** Bytes of one file as it is delivered. */
  compressedBytes: number;
  /** Bytes of one file unpacked, all its members together. */
  unpackedBytes: number;
  /** Unpacked bytes for one delivered byte; looked at after the first 16 MiB. */
  ratio: number;
  /** Members of one archive. */
  members: number;
  /** Bytes of one member, one line of JSON lines or one value of a streamed object. */
  recordBytes: number;
  /** Records of one part. */
  records: number;
  /** Depth of nested JSON and XML. */
  depth: number;
}

export const FEED_LIMITS: FeedLimits = {
  compressedBytes: 2 * GIB,
  unpackedBytes: 48 * GIB,
  ratio: 400,
  members: 1_000_000,
  recordBytes: 64 * MIB,
  records: 2_000_000,
  depth: 64,
};
