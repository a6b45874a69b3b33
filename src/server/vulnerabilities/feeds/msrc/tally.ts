/** Why fixes were left out, and how often. */
export type MsrcTally = Map<string, number>;

export function count(tally: MsrcTally | undefined, why: string): void {
  tally?.set(why, (tally.get(why) ?? 0) + 1);
}
