/**
 * `npm run quality`: how right the matcher is on the labelled cases, by group and by feed, with every wrong answer explained.
 *
 * `--write` makes the figures the new baseline (refused where a group would fall), `--group <name>` runs one group, `--hosts` compares the
 * four hosts whose vulnerabilities are listed, `--images` looks at every inventory; `--write-page` writes the published pages.
 */
import { parseArgs } from "node:util";
import { CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { fallen, readBaseline, writeBaseline } from "./baseline.ts";
import { explainCase } from "./measure.ts";
import { figureLines, measured } from "./figures.ts";
import { readCases } from "./quality-case.ts";
import { runQuality, type QualityRun } from "./run-quality.ts";

const { values } = parseArgs({
  options: {
    group: { type: "string" },
    write: { type: "boolean", default: false },
    explain: { type: "string", default: "40" },
  },
});

if (!CORPUS_HERE) {
  console.log(CORPUS_MISSING);
  process.exitCode = 1;
} else await main();

async function main(): Promise<void> {
  const cases = readCases().filter(({ group }) => values.group === undefined || group === values.group);
  const run = await runQuality(cases, console.log);
  const figures = measured(run);
  explainFailures(run, Number(values.explain));
  console.log(figureLines(figures).join("\n"));
  if (values.group !== undefined) return;
  const falls = fallen(figures, await readBaseline());
  for (const fall of falls) console.log(`✗ ${fall}`);
  if (falls.length > 0) process.exitCode = 1;
  else if (values.write) await writeBaseline(figures);
}

function explainFailures({ results, catalogue, index }: QualityRun, max: number): void {
  let told = 0;
  for (const { case: one, missed, wrong, found } of results) {
    if (missed.length + wrong.length === 0 || told >= max) continue;
    told += 1;
    const row = one.software ?? one.os;
    console.log(`\n✗ ${one.id}${one.trap === undefined ? "" : ` (${one.trap})`}\n  ${JSON.stringify(row)}\n  ${one.label}`);
    if (missed.length > 0) console.log(`  missed: ${missed.join(" ")}`);
    if (wrong.length > 0) console.log(`  wrong: ${wrong.join(" ")}`);
    for (const cve of [missed[0], wrong[0]].filter((name) => name !== undefined)) {
      console.log(
        `  ${cve} (${found.has(cve) ? "found" : "not found"}): ${explainCase(one, cve, catalogue, index).join("\n      ")}`,
      );
    }
  }
}
