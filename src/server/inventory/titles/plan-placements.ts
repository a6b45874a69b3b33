import { placeInTitle, type PlacementRules, type Split } from "#domain/software/title-placement.ts";
import { titleKey, titleOf } from "#domain/software/title.ts";
import type { Database } from "../../database/tables.ts";
import { titlesByChecksums } from "../catalogue-store.ts";
import { checksumOf } from "../checksum.ts";
import { softwareOfTitles, type TitledSoftware } from "./correction-store.ts";
import { placementRules } from "./placement-store.ts";

/** A rule that is not recorded (yet): what if it were? */
export type HypotheticalRule = { merge: number[]; into: number } | { split: Split };

export interface Placement {
  software: TitledSoftware;
  software_id: number;
  from: number;
  to: number;
}

/**
 * Where all software of these titles belongs by the rules as they are recorded, with one more if given. Software whose derived title
 * is not in the catalogue (it was titled by older rules) stays where it is. Writes nothing.
 */
export async function planPlacements(db: Database, titleIds: number[], rule?: HypotheticalRule): Promise<Placement[]> {
  const software = await softwareOfTitles(db, titleIds);
  const keys = software.map((row) => checksumOf(titleKey(titleOf(row))));
  const derived = await titlesByChecksums(db, keys);
  const recorded = await placementRules(db, [...new Set([...titleIds, ...derived.values()])]);
  const rules = rule === undefined ? recorded : withRule(recorded, rule);
  return software.map((row, i) => {
    const start = derived.get(keys[i]?.toString("hex") ?? "") ?? row.title_id;
    return { software: row, software_id: row.id, from: row.title_id, to: placeInTitle(start, row, rules) };
  });
}

function withRule({ merged, splits }: PlacementRules, rule: HypotheticalRule): PlacementRules {
  if ("merge" in rule) return { merged: new Map([...merged, ...rule.merge.map((id) => [id, rule.into] as const)]), splits };
  const { split } = rule;
  return { merged, splits: new Map([...splits, [split.title_id, [...(splits.get(split.title_id) ?? []), split]]]) };
}
