import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import type { SbomComponent } from "./component.ts";
import type { SbomSubject } from "./sbom-store.ts";
import type { SbomVulnerability } from "./sbom-vulnerability-store.ts";

/** What a document is made of. The components are read twice where a format names them in two places. */
export interface SbomContent {
  subject: SbomSubject;
  /** The moment that the document describes. */
  at: Date;
  /** What a reader of the document must know besides; null for nothing. */
  note: string | null;
  components: () => AsyncIterable<readonly SbomComponent[]>;
  keys: () => AsyncIterable<readonly string[]>;
  /** What the components are vulnerable to; null: left out. */
  vulnerabilities: (() => AsyncIterable<readonly SbomVulnerability[]>) | null;
}

/** Writes pieces of a document and digests them, so that its own name can be derived from its content. */
export class DocumentWriter {
  readonly #hash: Hash = createHash("sha256");

  /** A piece, as it is sent. */
  piece(text: string): string {
    this.#hash.update(text);
    return text;
  }

  /** A UUID (version 8, RFC 9562) of all pieces so far: equal content, equal name. */
  uuid(): string {
    const bytes = this.#hash.copy().digest().subarray(0, 16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}

/** A time as both formats write it: RFC 3339 in UTC, to the second. */
export function documentTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** A list's elements as JSON, comma-separated, piece by piece; `first` says whether nothing stands before them. */
export async function* jsonElements<T>(
  batches: AsyncIterable<readonly T[]>,
  element: (one: T) => unknown,
  first = true,
): AsyncGenerator<string> {
  let begun = !first;
  for await (const batch of batches) {
    const text = batch.map((one) => JSON.stringify(element(one))).join(",\n");
    if (text === "") continue;
    yield begun ? `,\n${text}` : `\n${text}`;
    begun = true;
  }
}
