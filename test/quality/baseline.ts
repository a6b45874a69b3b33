import { readFile, writeFile } from "node:fs/promises";
import type { Figures } from "./figures.ts";
import { recall, wrongRate, type Score } from "./measure.ts";

const FILE = new URL("baseline.json", import.meta.url);

/** What each group must stay at or above. */
export type Baseline = Record<string, { cases: number; recall: number; wrong_rate: number }>;

export async function readBaseline(): Promise<Baseline> {
  const text = await readFile(FILE, "utf8").catch(() => "{}");
  return JSON.parse(text) as Baseline;
}

export async function writeBaseline({ groups }: Figures): Promise<void> {
  const baseline: Baseline = Object.fromEntries(Object.entries(groups).map(([name, score]) => [name, measure(score)]));
  await writeFile(FILE, `${JSON.stringify(baseline, null, 2)}\n`);
}

function measure(score: Score): Baseline[string] {
  return { cases: score.cases, recall: floor(recall(score)), wrong_rate: ceil(wrongRate(score)) };
}

const floor = (number: number): number => Math.floor(number * 10_000) / 10_000;
const ceil = (number: number): number => Math.ceil(number * 10_000) / 10_000;

/** In what a run is worse than the baseline, one sentence each: in recall, in wrong findings, or because cases are gone. */
export function fallen({ groups }: Figures, baseline: Baseline): string[] {
  return Object.entries(baseline).flatMap(([name, before]) => {
    const score = groups[name];
    if (score === undefined) return [`${name}: has no cases any more`];
    const falls: string[] = [];
    if (score.cases < before.cases) falls.push(`${name}: ${before.cases - score.cases} cases fewer`);
    if (recall(score) < before.recall) falls.push(`${name}: recall fell from ${before.recall} to ${recall(score).toFixed(4)}`);
    if (wrongRate(score) > before.wrong_rate) {
      falls.push(`${name}: wrong findings rose from ${before.wrong_rate} to ${wrongRate(score).toFixed(4)}`);
    }
    return falls;
  });
}
