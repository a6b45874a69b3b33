/**
 * `npm run quality`: how right the matcher is on the labelled cases, by group and by feed, with every wrong answer explained.
 *
 * `--write` makes the figures the new baseline, also in the documents (not where a group would fall), `--group <name>` runs one group, `--explain <n>` tells of at
 * most so many cases, `--hosts` compares the hosts whose vulnerabilities are listed with what the whole corpus says of them,
 * `--images` looks at the rows of every inventory and tells of findings drawn from them, `--catalogue` says what independent data knows of the
 * catalogue's entries.
 */
import { parseArgs } from "node:util";
import { CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { catalogueEvidence, evidenceLines } from "./catalogue-evidence.ts";
import { fallen, readBaseline, writeBaseline } from "./baseline.ts";
import { writeDocuments } from "./documented.ts";
import { figureLines, measured } from "./figures.ts";
import { compareHosts, type HostDifference } from "./hosts.ts";
import { explainCase } from "./measure.ts";
import { readCases } from "./quality-case.ts";
import { surveyImages, surveyLines } from "./images.ts";
import { drawFindings, judgedLines, readVerdicts, verdictLines } from "./survey.ts";
import { corpusOfPrograms, runQuality, type QualityRun } from "./run-quality.ts";

const { values } = parseArgs({
  options: {
    group: { type: "string" },
    write: { type: "boolean", default: false },
    explain: { type: "string", default: "40" },
    hosts: { type: "boolean", default: false },
    images: { type: "boolean", default: false },
    catalogue: { type: "boolean", default: false },
  },
});

/** How many findings of the inventories are drawn to be judged, and by which draw: the same in every run. */
const DRAWN = 150;
const SEED = 20_261_122;

if (!CORPUS_HERE) {
  console.log(CORPUS_MISSING);
  process.exitCode = 1;
} else if (values.hosts) {
  for (const host of await compareHosts(console.error)) console.log(hostLines(host).join("\n"));
} else if (values.images) {
  const { sources, run } = await surveyImages(console.error);
  const drawn = drawFindings(run, DRAWN, SEED);
  const verdicts = readVerdicts();
  console.log([...surveyLines(sources), "", ...judgedLines(run, verdicts), "", ...verdictLines(drawn, verdicts)].join("\n"));
} else if (values.catalogue) {
  const { catalogue, parts } = await corpusOfPrograms(console.error);
  console.log(evidenceLines(await catalogueEvidence(catalogue.entries, parts)).join("\n"));
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
  else if (values.write) await Promise.all([writeBaseline(figures), writeDocuments(figures)]);
}

function explainFailures({ results, catalogue, index }: QualityRun, max: number): void {
  const failed = results.filter(({ missed, wrong }) => missed.length + wrong.length > 0);
  for (const { case: one, missed, wrong, found } of failed.slice(0, max)) {
    const row = one.software ?? one.os;
    console.log(`\n✗ ${one.id}${one.trap === undefined ? "" : ` (${one.trap})`}\n  ${JSON.stringify(row)}\n  ${one.label}`);
    if (missed.length > 0) console.log(`  missed: ${missed.join(" ")}`);
    if (wrong.length > 0) console.log(`  wrong: ${wrong.join(" ")}`);
    for (const cve of [missed[0], wrong[0]].filter((name) => name !== undefined)) {
      const sentences = explainCase(one, cve, catalogue, index).join("\n      ");
      console.log(`  ${cve} (${found.has(cve) ? "found" : "not found"}): ${sentences}`);
    }
  }
}

function hostLines({ image, expected, same, missing, added }: HostDifference): string[] {
  const list = (groups: ReadonlyMap<string, string[]>): string[] =>
    [...groups].flatMap(([reason, cves]) => ["", `- ${reason} (${cves.length})`, `  ${cves.join(" ")}`]);
  return [
    "",
    `### ${image}`,
    "",
    `Listed: ${expected}; found with the whole corpus, too: ${same}.`,
    "",
    "Listed, not found now:",
    ...(missing.size === 0 ? ["", "- none"] : list(missing)),
    "",
    "Found now, not listed:",
    ...list(added),
  ];
}
