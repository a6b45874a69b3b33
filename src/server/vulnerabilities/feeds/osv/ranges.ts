import { compareVersions } from "#domain/version/orders.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import type { OsvEvent, OsvRange } from "./schema.ts";

/** Bounds of one stretch of affected versions. */
export type OsvInterval = Pick<AffectedRange, "introduced" | "fixed" | "last_affected">;

interface Step {
  kind: "introduced" | "fixed" | "last_affected" | "limit";
  version: string;
}

/** At one version: what ends there ends first, so that stretches that touch are both kept. */
const PLACE: Readonly<Record<Step["kind"], number>> = { fixed: 0, limit: 1, introduced: 2, last_affected: 3 };

/**
 * The stretches of versions that a range's events switch on and off (OSV schema, "Evaluation"): one for each `introduced` up to what ends
 * it. `introduced: "0"` is the beginning of all versions. Commits (GIT) are no versions of inventory: such a range has none.
 */
export function osvIntervals(range: OsvRange, scheme: VersionScheme): OsvInterval[] {
  if (range.type === "GIT") return [];
  const intervals: OsvInterval[] = [];
  let open: OsvInterval | null = null;
  for (const { kind, version } of sorted(range.events, scheme)) {
    if (kind === "introduced") {
      open ??= version === "0" ? {} : { introduced: version };
    } else if (open !== null) {
      intervals.push(kind === "last_affected" ? { ...open, last_affected: version } : { ...open, fixed: version });
      open = null;
    }
  }
  return open === null ? intervals : [...intervals, open];
}

/**
 * The schema leaves the order of events open. Where two versions cannot be compared, and where the publisher wrote whole stretches one after
 * the other, its order stands: stretches that overlap (`2.11` to `2.11.7`, all to `2.11.6`) would be cut short by sorting.
 */
function sorted(events: readonly OsvEvent[], scheme: VersionScheme): Step[] {
  const steps = events.flatMap((event) =>
    (["introduced", "fixed", "last_affected", "limit"] as const).flatMap((kind): Step[] => {
      const version = event[kind];
      return version === undefined || version === "" || (kind === "limit" && version === "*") ? [] : [{ kind, version }];
    }),
  );
  if (areStretches(steps, scheme)) return steps;
  return steps.toSorted((a, b) => {
    if (a.version === b.version) return PLACE[a.kind] - PLACE[b.kind];
    if (isStart(a) || isStart(b)) return isStart(a) ? -1 : 1;
    const order = compareVersions(scheme, a.version, b.version);
    return order === 0 ? PLACE[a.kind] - PLACE[b.kind] : (order ?? 0);
  });
}

/** Whether each step but the last begins with what the next one ends, and no stretch ends before it begins. One alone is as it is told. */
function areStretches(steps: readonly Step[], scheme: VersionScheme): boolean {
  if (steps.some(({ kind }, at) => (kind === "introduced") !== (at % 2 === 0))) return false;
  return (
    steps.length <= 2 ||
    steps.every((end, at) => {
      const start = at % 2 === 1 ? steps[at - 1] : undefined;
      return start === undefined || isStart(start) || (compareVersions(scheme, start.version, end.version) ?? 0) <= 0;
    })
  );
}

function isStart(step: Step): boolean {
  return step.kind === "introduced" && step.version === "0";
}
