import { ApiError } from "./client.ts";

/** Why a list is not there yet, and how far it is. */
export interface BeingCounted {
  /** What is being counted and how far that is, in a sentence. */
  words: string;
  retryAfterSeconds: number;
}

/**
 * What a refusal says that comes while the software of a label is counted for the first time: the same call succeeds later. Null for
 * every other error.
 */
export function beingCounted(error: unknown): BeingCounted | null {
  if (!(error instanceof ApiError) || error.status !== 503 || error.retryAfter === null) return null;
  const found = error.body?.errors.find(({ name }) => name === "label_id");
  if (found === undefined) return null;
  return { words: found.reason.replace(/ Ask again in .*$/, ""), retryAfterSeconds: error.retryAfter };
}
