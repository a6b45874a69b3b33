import type { Limits } from "./limits/limits.ts";
import type { Measurement } from "./measure.ts";
import type { TableSize } from "./system/database.ts";
import type { Machine } from "./system/machine.ts";

/** All figures of one run, as `--json` prints and `bench/baseline.json` keeps them. */
export interface BenchResults {
  takenAt: string;
  machine: Machine;
  /** The database's settings that decide how durable a commit is. */
  durability: Record<string, string>;
  fleet: { hosts: number; seconds: number; connections: number; images: number; kind: "shared" | "fixtures" };
  measurements: Measurement[];
  limits: Limits;
  /** After the first check-ins. */
  storage: { hosts: number; rows: number; tables: TableSize[] };
  memory: { serverPeakBytes: number; databasePssBytes: number | null };
}

export function perSecondOf(results: BenchResults, name: string): number {
  return results.measurements.find((m) => m.name === name)?.perSecond ?? 0;
}
