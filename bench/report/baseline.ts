import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { BenchResults } from "../results.ts";
import { columns, figure } from "./columns.ts";

const FILE = resolve(import.meta.dirname, "../baseline.json");

export async function saveBaseline(results: BenchResults): Promise<string> {
  await writeFile(FILE, `${JSON.stringify(results, null, 2)}\n`);
  return FILE;
}

/** This run by the kept one: throughput and CPU as ratios. Null when nothing is kept. */
export async function compareWithBaseline(results: BenchResults): Promise<string | null> {
  const text = await readFile(FILE, "utf8").catch(() => null);
  if (text === null) return null;
  const kept = JSON.parse(text) as BenchResults;
  const rows = results.measurements.flatMap((now) => {
    const then = kept.measurements.find((m) => m.name === now.name);
    if (then === undefined) return [];
    const ratio = (a: number, b: number): string => (b === 0 ? "–" : figure(a / b));
    return [
      [
        now.name,
        ratio(now.perSecond, then.perSecond),
        ratio(now.latency.p95, then.latency.p95),
        ratio(now.cpuMs.server, then.cpuMs.server),
        ratio(now.cpuMs.database, then.cpuMs.database),
      ],
    ];
  });
  const title = [`Against the baseline of ${kept.takenAt} (1.00: the same)`, ...differences(results, kept)].join("\n");
  return `${title}\n${columns([["", "throughput ×", "p95 ×", "server CPU ×", "database CPU ×"], ...rows])}`;
}

/** What makes two runs not comparable. */
function differences(now: BenchResults, then: BenchResults): string[] {
  const notes: string[] = [];
  const facts = ["cpu", "cores", "node", "postgresql"] as const;
  for (const fact of facts)
    if (now.machine[fact] !== then.machine[fact]) notes.push(`note: ${fact} was ${then.machine[fact]}, is ${now.machine[fact]}`);
  for (const fact of ["hosts", "connections", "kind"] as const)
    if (now.fleet[fact] !== then.fleet[fact]) notes.push(`note: ${fact} was ${then.fleet[fact]}, is ${now.fleet[fact]}`);
  return notes;
}
