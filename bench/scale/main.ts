import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { scaleReport } from "./report.ts";
import { runScale, type ScaleOptions } from "./run-scale.ts";

const HELP = `npm run bench -- scale [options]

  --hosts N          devices in all (default 100000)
  --prototypes N     of them, those that really report before they are multiplied (default 690: ten of every image)
  --no-lists         leaves out to time the lists
  --seconds S        time of each live run (default 600)
  --reports S        seconds between two reports of a device (default: as long as the run, so that all report in it)
  --polls A,B,…      seconds between two polls that are tried until they hold (default 10,15,20,30,60)
  --changed N        of 1,000 check-ins, those with changed software (default 10)
  --keep DIR         keeps the database in DIR, and uses the one that is there
  --out FILE         writes all figures as JSON
`;

/** @throws {Error} with one sentence on an option that is not known or not allowed */
function readOptions(argv: string[]): (ScaleOptions & { out: string | null }) | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: argv,
    allowNegative: true,
    options: {
      lists: { type: "boolean", default: true },
      hosts: text,
      prototypes: text,
      seconds: text,
      reports: text,
      polls: text,
      changed: text,
      keep: text,
      out: text,
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return null;
  const seconds = whole("seconds", values.seconds, 600);
  return {
    hosts: whole("hosts", values.hosts, 100_000),
    prototypes: whole("prototypes", values.prototypes, 690),
    lists: values.lists,
    seconds,
    reportSeconds: whole("reports", values.reports, seconds),
    pollSeconds: (values.polls ?? "10,15,20,30,60").split(",").map((part) => whole("polls", part, 10)),
    changedPerMille: values.changed === "0" ? 0 : whole("changed", values.changed, 10),
    keep: values.keep ?? null,
    out: values.out ?? null,
  };
}

function whole(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new Error(`--${name} must be a whole number from 1 to 1000000; ${text} is not.`);
}

/** `npm run bench -- scale`: what this machine does with a large fleet. */
export async function scaleBench(argv: string[]): Promise<void> {
  const options = readOptions(argv);
  if (options === null) {
    process.stdout.write(HELP);
    return;
  }
  const started = performance.now();
  const say = (line: string) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${line}\n`);
  const results = await runScale(options, say);
  process.stdout.write(scaleReport(results));
  if (options.out !== null) await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
}
