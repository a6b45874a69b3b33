import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
const KIB = 1024;

/** CPU seconds of one process, user and system together; 0 when it is gone. `withEnded` adds those of its ended children. */
function cpuOf(pid: number, withEnded: boolean): number {
  const fields = statFields(pid);
  if (fields === null) return 0;
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  const own = (user ?? 0) + (system ?? 0);
  return (own + (withEnded ? (childUser ?? 0) + (childSystem ?? 0) : 0)) / TICKS_PER_SECOND;
}

/** The fields of /proc/<pid>/stat after the name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

function childrenOf(pid: number): number[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((other) => Number(statFields(other)?.[1]) === pid);
}

/** CPU seconds of a process; what ran in children that have ended is not counted. */
export function processCpu(pid: number): number {
  return cpuOf(pid, false);
}

/** CPU seconds of PostgreSQL: the postmaster, its processes, and those that have ended. */
export function postgresCpu(postmaster: number): number {
  return childrenOf(postmaster).reduce((sum, pid) => sum + cpuOf(pid, false), cpuOf(postmaster, true));
}

/** Resident bytes of a process now, and its peak. */
export function processMemory(pid: number): { rss: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * KIB;
  return { rss: field("VmRSS"), peak: field("VmHWM") };
}

/** Resident bytes of PostgreSQL, pages that its processes share counted once; null where the system does not show them. */
export function postgresMemory(postmaster: number): number | null {
  let sum = 0;
  for (const pid of [postmaster, ...childrenOf(postmaster)]) {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      sum += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * KIB;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EACCES") return null;
    }
  }
  return sum;
}
