/** Why a parser left something out, and how often. */
export type Tally = Map<string, number>;

export function count(tally: Tally | undefined, why: string, times = 1): void {
  tally?.set(why, (tally.get(why) ?? 0) + times);
}

/** Reasons of reducing CPE applicability (`LeftOut`) and CVE records (`CveLeftOut`), in words. */
const WORDS: Readonly<Record<string, string>> = {
  unbounded: "all versions of a product without bounds, which is not believed",
  not_applicable: "versions that are marked as not applicable",
  unusable_bounds: "bounds that are no versions: days, addresses, sentences",
  not_managed: "hardware and firmware, which no device reports as software",
  malformed: "names that are no CPE names",
  unnamed: "products that are told without a name that can be looked up",
  unusable_versions: "versions that are no versions",
};

/** Adds what the reduction of one file left out. */
export function countReduced(tally: Tally | undefined, reduced: object): void {
  for (const [key, times] of Object.entries(reduced) as [string, number][]) if (times > 0) count(tally, WORDS[key] ?? key, times);
}
