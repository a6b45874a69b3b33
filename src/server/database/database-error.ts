/** A database that cannot be used. The message is one sentence for the operator: what is wrong and what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
