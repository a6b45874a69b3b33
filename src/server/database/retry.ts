/** SQLSTATEs after which the same transaction may succeed: serialization failure, deadlock, lock not available. */
const CONFLICTS = new Set(["40001", "40P01", "55P03"]);

/** The database refused this attempt only because of what others were doing; starting over is right. */
export function isRetryable(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" && CONFLICTS.has(error.code)
  );
}

/** A row that another one names was deleted meanwhile (SQLSTATE 23503). */
export function isReferenceGone(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "23503";
}
