import { arch, cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were taken on; figures of different machines do not compare. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  system: string;
  node: string;
  postgresql: string;
  /** Load of the machine before the bench began: above 0.5 a core, something else was running. */
  loadBefore: number;
}

export function machineFacts(postgresql: string): Machine {
  const cores = cpus();
  return {
    cpu: (cores[0]?.model ?? "unknown").replaceAll(/\s+/g, " ").trim(),
    cores: cores.length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()} ${arch()}`,
    node: process.versions.node,
    postgresql,
    loadBefore: loadavg()[0] ?? 0,
  };
}
