/**
 * Where software belongs after an administrator's corrections: a merged title hands on all it gets, a split takes out what it
 * describes. Corrections are rules, not moves, so what comes later follows them too.
 */

/** What a split takes out of a title. A condition that is null asks nothing; at least one is set. */
export interface SplitConditions {
  name_starts_with: string | null;
  version_starts_with: string | null;
  vendor: string | null;
}

export interface Split extends SplitConditions {
  correction_id: number;
  title_id: number;
  target_id: number;
}

export interface PlacementRules {
  /** By id of a merged title: the one that took over. */
  merged: ReadonlyMap<number, number>;
  /** By id of the title they take from, oldest first. */
  splits: ReadonlyMap<number, readonly Split[]>;
}

export interface Placeable {
  name: string;
  version: string;
  vendor: string;
}

/** Letter case and spelling count: a split describes exactly what it takes. */
export function isSplitOff(software: Placeable, split: SplitConditions): boolean {
  return (
    (split.name_starts_with === null || software.name.startsWith(split.name_starts_with)) &&
    (split.version_starts_with === null || software.version.startsWith(split.version_starts_with)) &&
    (split.vendor === null || software.vendor === split.vendor)
  );
}

/**
 * The title that software belongs to, given the one that its identity derives. At each title a matching split goes before the merge: what
 * was split off earlier is no longer there to be merged. Each rule applies once, so a split whose target was merged back ends there.
 */
export function placeInTitle(derivedTitleId: number, software: Placeable, rules: PlacementRules): number {
  const used = new Set<number>();
  let at = derivedTitleId;
  for (;;) {
    const split = rules.splits.get(at)?.find((s) => !used.has(s.correction_id) && isSplitOff(software, s));
    const merged = rules.merged.get(at);
    if (split !== undefined) used.add(split.correction_id);
    const next = split?.target_id ?? merged;
    if (next === undefined || (split === undefined && used.has(-at))) return at;
    if (split === undefined) used.add(-at);
    at = next;
  }
}
