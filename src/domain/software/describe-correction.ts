import type { SplitConditions } from "./title-placement.ts";

/** What a correction of titles says of itself; names are those of its time. */
export interface DescribedCorrection extends SplitConditions {
  type: string;
  titles: readonly { name: string }[];
  into: { name: string } | null;
  name: string | null;
}

/**
 * A correction in words, the same on every surface.
 *
 * @example describeCorrection({ type: "merge", … }) // "Merged Zoom into Zoom Workplace"
 */
export function describeCorrection(correction: DescribedCorrection): string {
  const names = correction.titles.map((title) => title.name).join(", ");
  const into = correction.into?.name ?? "";
  if (correction.type === "merge") return `Merged ${names} into ${into}`;
  if (correction.type === "rename") return `Renamed ${names} to ${correction.name ?? ""}`;
  return `Split ${into} from ${names}: ${describeConditions(correction)}`;
}

function describeConditions(split: SplitConditions): string {
  const said = [
    split.name_starts_with === null ? "" : `name begins with “${split.name_starts_with}”`,
    split.version_starts_with === null ? "" : `version begins with “${split.version_starts_with}”`,
    split.vendor === null ? "" : `vendor is “${split.vendor}”`,
  ];
  return said.filter((words) => words !== "").join(" and ");
}
