/** A database that cannot be used. The message is one sentence for the operator: what is wrong and what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** A failure's own words, for a sentence. A refused connection to several addresses arrives as one error without a message of its own. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error ? inner.message : String(inner);
}
