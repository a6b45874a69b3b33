import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CORPUS } from "#test/support/feed-mirror.ts";
import { deltaBench, deltaReport } from "./delta.ts";
import { fleetBench, fleetReport } from "./fleet.ts";
import { latencyBench, latencyReport } from "./latency.ts";
import { rowsBench, rowsReport } from "./rows.ts";

const HELP = `npm run bench -- vulnerabilities WHAT [options]

  rescan             the whole corpus loaded from empty, then unchanged; distinct rows matched, and matched again
  delta              the day after: 459 CVEs of NVD, 1,000 of Debian, all scores of EPSS changed; until all is matched
  latency            from a check-in to its finding, while everything is matched again and devices report
  lists --keep DIR   lists over the fleet of \`npm run bench -- scale --keep DIR\`, with every feed loaded and all matched (in that database)

  --keep DIR         where the database is made and kept, and used again (default: a temporary one)
  --corpus DIR       the feeds (default: the shared corpus)
  --rows N           distinct rows of software (default 50000)
  --seconds S        latency: how long (default 60)
  --per-second N     latency: first check-ins a second, each with a version that nobody had (default 1)
  --unchanged N      latency: reports of known devices a second besides (default 27)
  --only TEXT        lists: only those whose names contain this
  --out FILE         writes all figures as JSON
`;

type Say = (line: string) => void;

interface Chosen {
  keep: string;
  corpus: string;
  rows: number;
  seconds: number;
  perSecond: number;
  unchangedPerSecond: number;
  only: string | null;
}

/** 100,000 devices that report hourly send 28 reports a second. One of them new: as if the whole fleet were enrolled every day. */
const PER_SECOND = 1;
const UNCHANGED_PER_SECOND = 27;

const BENCHES: Readonly<Record<string, (chosen: Chosen, say: Say) => Promise<{ figures: object; report: string }>>> = {
  async rescan({ keep, corpus, rows }, say) {
    const figures = await rowsBench({ directory: keep, corpus, rows }, say);
    return { figures, report: rowsReport(figures) };
  },
  async delta({ keep, corpus, rows }, say) {
    const figures = await deltaBench({ directory: keep, corpus, rows }, say);
    return { figures, report: deltaReport(figures) };
  },
  async latency({ keep, corpus, rows, seconds, perSecond, unchangedPerSecond }, say) {
    const figures = await latencyBench({ directory: keep, corpus, rows, seconds, perSecond, unchangedPerSecond }, say);
    return { figures, report: latencyReport(figures) };
  },
  async lists({ keep, corpus, only }, say) {
    const figures = await fleetBench({ keep, corpus, only }, say);
    return { figures, report: fleetReport(figures) };
  },
};

/** `npm run bench -- vulnerabilities`: what vulnerability management costs, against its limits. */
export async function vulnerabilityBench(argv: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      keep: text,
      corpus: text,
      rows: text,
      seconds: text,
      "per-second": text,
      unchanged: text,
      only: text,
      out: text,
      help: { type: "boolean" },
    },
  });
  const bench = BENCHES[positionals[0] ?? ""];
  if (bench === undefined || values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const started = performance.now();
  const say: Say = (line) => void process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${line}\n`);
  const keep = values.keep ?? (await mkdtemp(join(tmpdir(), "muster-vulnerabilities-")));
  const chosen = {
    keep,
    corpus: values.corpus ?? CORPUS,
    rows: Number(values.rows ?? 50_000),
    seconds: Number(values.seconds ?? 60),
    perSecond: Number(values["per-second"] ?? PER_SECOND),
    unchangedPerSecond: Number(values.unchanged ?? UNCHANGED_PER_SECOND),
    only: values.only ?? null,
  };
  try {
    const { figures, report } = await bench(chosen, say);
    process.stdout.write(report);
    if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    if (values.keep === undefined) await rm(keep, { recursive: true, force: true });
  }
}
