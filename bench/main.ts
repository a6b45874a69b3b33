import { HELP, readOptions } from "./options.ts";
import { compareWithBaseline, saveBaseline } from "./report/baseline.ts";
import { report } from "./report/report.ts";
import { runBench } from "./run-bench.ts";

/** Other benches than the first, by the first word of the command line. */
const OTHERS: Readonly<Record<string, (argv: string[]) => Promise<void>>> = {
  scale: async (argv) => (await import("./scale/main.ts")).scaleBench(argv),
  vulnerabilities: async (argv) => (await import("./vulnerabilities/main.ts")).vulnerabilityBench(argv),
  feeds: async (argv) => (await import("./feeds/load-corpus.ts")).loadCorpus(argv),
  "catalogue-indexes": async () => (await import("./experiments/catalogue-indexes.ts")).catalogueIndexes(),
  "past-one-primary": async (argv) => (await import("./sharding/main.ts")).pastOnePrimary(argv),
  "two-phase": async () => (await import("./sharding/two-phase.ts")).twoPhase(),
  "link-designs": async (argv) => (await import("./experiments/link-designs.ts")).linkDesigns(argv),
};

/** `npm run bench`: what the server can do, what it costs, and how far that is from what the machine could do. */
async function main(): Promise<number> {
  const other = OTHERS[process.argv[2] ?? ""];
  if (other !== undefined) {
    await other(process.argv.slice(3));
    return 0;
  }
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const say = (line: string): void => console.error(line);
  const results = await runBench(options, say);
  const comparison = await compareWithBaseline(results);
  const text = comparison === null ? report(results) : `${report(results)}\n\n${comparison}`;
  if (options.json) {
    console.error(`\n${text}`);
    console.log(JSON.stringify(results, null, 2));
  } else console.log(`\n${text}`);
  if (options.save) say(`\nkept as ${await saveBaseline(results)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
