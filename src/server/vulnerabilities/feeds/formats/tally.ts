/** Why a parser left something out, and how often. */
export type Tally = Map<string, number>;

export function count(tally: Tally | undefined, why: string): void {
  tally?.set(why, (tally.get(why) ?? 0) + 1);
}
