import { hash } from "node:crypto";

/**
 * The 128-bit cut of SHA-256 over a canonical key that is stored under a unique index. SHA-256 because a device chooses what it
 * reports and can make MD5 collisions; 128 bits because the index holds every row of the catalogue (design §5).
 */
export function checksumOf(key: string): Buffer {
  return hash("sha256", key, "buffer").subarray(0, 16);
}

/** The full SHA-256 of a source's digest text; Muster's agent computes the same over the same text. */
export function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
