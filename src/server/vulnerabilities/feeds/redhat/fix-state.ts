import type { AffectedRange } from "#domain/vulnerability/model.ts";

const STATES: Readonly<Record<string, Pick<AffectedRange, "status" | "fix">>> = {
  affected: { status: "affected", fix: "unfixed" },
  "will not fix": { status: "affected", fix: "will_not_fix" },
  "fix deferred": { status: "affected", fix: "deferred" },
  "out of support scope": { status: "affected", fix: "end_of_life" },
  new: { status: "affected", fix: "unfixed" },
  "under investigation": { status: "unknown", fix: "unknown" },
  "not affected": { status: "not_affected", fix: "unknown" },
};

/** Red Hat's words for what becomes of a package (`fix_state`, a remediation's details, a resolution's state). */
export function redhatFixState(word: string): Pick<AffectedRange, "status" | "fix"> {
  return STATES[word.trim().toLowerCase()] ?? { status: "affected", fix: "unknown" };
}
