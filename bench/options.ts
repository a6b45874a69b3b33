import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Simulated osquery hosts. */
  hosts: number;
  /** Seconds of each repeated scenario. */
  seconds: number;
  connections: number;
  json: boolean;
  /** Writes the figures to bench/baseline.json. */
  save: boolean;
  /** Directory for CPU profiles and statement statistics; null: no profile (profiling slows the server). */
  profile: string | null;
  help: boolean;
}

export const HELP = `npm run bench -- [options]

  --hosts N         simulated osquery hosts (default 1000; at least 69 for every image)
  --seconds S       time of each repeated scenario (default 15)
  --connections C   requests under way at once (default 8)
  --quick           100 hosts, 3 seconds: to see that it works
  --json            the figures as JSON on stdout, the rest on stderr
  --save            keep the figures as bench/baseline.json
  --profile DIR     write CPU profiles (.cpuprofile) and statement statistics to DIR; slows the server
  --help            this text

npm run bench -- scale --help           a fleet of 100,000: lists, the checker, devices that live
npm run bench -- vulnerabilities --help feeds, matching, a rescan, from a check-in to its finding, lists at 100,000 hosts
npm run bench -- feeds [directory]      every feed loaded from empty, part by part
npm run bench -- catalogue-indexes      what each index of the catalogue costs an insert
npm run bench -- past-one-primary       no load: what larger fleets cost, and when one primary is full
npm run bench -- two-phase              a commit on two primaries, against one on one
npm run bench -- link-designs [hosts]   ways to store which host holds which software, side by side
`;

/** @throws {Error} with one sentence on an option that is not known or not allowed. */
export function readOptions(argv: string[]): BenchOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      hosts: { type: "string" },
      seconds: { type: "string" },
      connections: { type: "string" },
      profile: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    hosts: whole("hosts", values.hosts, values.quick ? 100 : 1000, 1, 100_000),
    seconds: whole("seconds", values.seconds, values.quick ? 3 : 15, 1, 600),
    connections: whole("connections", values.connections, 8, 1, 200),
    json: values.json,
    save: values.save,
    profile: values.profile ?? null,
    help: values.help,
  };
}

function whole(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be a whole number from ${min} to ${max}; ${text} is not.`);
}
