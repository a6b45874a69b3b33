import { createHash, randomBytes } from "node:crypto";

/** A new session token or set-up code: 256 random bits, safe in headers and addresses. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What is stored of a token. Tokens are random, so a plain hash cannot be turned back by guessing. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
