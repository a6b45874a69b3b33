import type { VersionOrder } from "../scheme.ts";
import { VERSION_CHARACTERS_MAX } from "../sort-key.ts";

const VERSION = /^\d+(?:\.[\dA-Za-z]+)*(?:-[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;
/** What a gem was built for stands behind its version: `1.15.5-x86_64-linux`, `-java`, `-x64-mingw32`. It is no part of it. */
const PLATFORM =
  /-(?:java|jruby|(?:universal-)?(?:java|ruby)-?[\d.]*|(?:x86|x86_64|x64|amd64|i[3-6]86|arm|armv\d\w*|arm64|aarch64|universal|ppc64le|s390x|riscv64)-[\w.-]+|mswin\d*|mingw\d*)$/i;
const SEGMENT = /\d+|[A-Za-z]+/g;
type Segment = bigint | string;

/**
 * RubyGems (Gem::Version): segments of digits and of letters, `-` reads `.pre.`; letters come before digits, so any letter makes a
 * prerelease; a platform behind the version is left out; zeros at the end of the numbers, and at the end of all, do not count.
 */
export const rubygemsOrder: VersionOrder<readonly Segment[]> = {
  parse(version) {
    if (version.length > VERSION_CHARACTERS_MAX) return null;
    const text = version.trim().replace(PLATFORM, "");
    if (!VERSION.test(text)) return null;
    const segments = text.replaceAll("-", ".pre.").match(SEGMENT) ?? [];
    const split = segments.findIndex((segment) => /\D/.test(segment));
    if (split === -1) return withoutZeros(segments);
    return [...withoutZeros(segments.slice(0, split)), ...withoutZeros(segments.slice(split))];
  },
  compare(a, b) {
    const length = Math.max(a.length, b.length);
    for (let i = 0; i < length; i++) {
      const order = compareSegments(a[i] ?? 0n, b[i] ?? 0n);
      if (order !== 0) return order;
    }
    return 0;
  },
};

function withoutZeros(segments: readonly string[]): Segment[] {
  const values = segments.map((segment) => (/^\d/.test(segment) ? BigInt(segment) : segment));
  return values.slice(0, values.findLastIndex((value) => value !== 0n) + 1);
}

function compareSegments(a: Segment, b: Segment): number {
  if (typeof a !== typeof b) return typeof a === "string" ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
