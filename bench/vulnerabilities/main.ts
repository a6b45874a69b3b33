import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { CORPUS } from "#test/support/feed-mirror.ts";
import { fleetBench, fleetReport } from "./fleet.ts";

const HELP = `npm run bench -- vulnerabilities WHAT [options]

  load               the whole corpus of feeds from empty, then unchanged
  lists --keep DIR   lists over the fleet of \`npm run bench -- scale --keep DIR\`, with every feed loaded and all matched (in that database)

  --corpus DIR       the feeds (default: the shared corpus)
  --only TEXT        lists: only those whose names contain this
  --out FILE         writes all figures as JSON
`;

/** `npm run bench -- vulnerabilities`: what vulnerability management costs, against its limits. */
export async function vulnerabilityBench(argv: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { keep: text, corpus: text, only: text, out: text, help: { type: "boolean" } },
  });
  const what = positionals[0] ?? "";
  const corpus = values.corpus ?? CORPUS;
  const started = performance.now();
  const say = (line: string) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${line}\n`);
  const keep = async (figures: object): Promise<void> => {
    if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
  };
  if (what === "lists" && values.keep !== undefined) {
    const figures = await fleetBench({ keep: values.keep, corpus, only: values.only ?? null }, say);
    process.stdout.write(fleetReport(figures));
    return await keep(figures);
  }
  process.stdout.write(HELP);
}
