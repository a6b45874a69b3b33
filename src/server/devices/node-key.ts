import { createHash, randomBytes } from "node:crypto";

const NODE_KEY_BYTES = 32;
/** Longer than any key of any agent: what is longer is refused before it costs a hash. */
const NODE_KEY_LENGTH_MAX = 255;

/** A new node key: 256 random bits in base64url, 43 characters. */
export function makeNodeKey(): string {
  return randomBytes(NODE_KEY_BYTES).toString("base64url");
}

/** What is stored and looked up instead of a key. A random key of 256 bits needs no salt and no slow hash. */
export function nodeKeyHash(nodeKey: string): Buffer {
  return createHash("sha256").update(nodeKey).digest();
}

/** False for text that cannot be a node key, whoever made it. */
export function isPlausibleNodeKey(nodeKey: unknown): nodeKey is string {
  return typeof nodeKey === "string" && nodeKey.length > 0 && nodeKey.length <= NODE_KEY_LENGTH_MAX;
}
