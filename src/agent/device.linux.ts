import type { Device } from "./device.ts";
import { linuxHostDetails, readHardwareUuid, readMachineId, readOsVersion } from "./host/details.linux.ts";
import { COLLECTED_SOURCES } from "./sources/registry.ts";
import type { ProcessIdentity } from "./state/lock.ts";
import { readText } from "./system/files.ts";

/** A Linux machine. `root` is "" for the real one, or a directory that stands for it in tests. */
export function linuxDevice(root: string): Device {
  return {
    sources: COLLECTED_SOURCES,
    registry: "linux",
    platform: async () => (await readOsVersion(root)).platform,
    hostDetails: () => linuxHostDetails(root),
    ownIdentifier: async () => (await readHardwareUuid(root)) || (await readMachineId(root)),
    processIdentity,
  };
}

async function processIdentity(pid: number): Promise<ProcessIdentity | null> {
  // ESRCH arises when the process ends while its file is being read.
  const stat = await readText(`/proc/${pid}/stat`, 4096).catch(() => null);
  if (stat === null) return null;
  // The second field is the program's name in parentheses and may hold anything, so counting starts behind the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const bootId = (await readText("/proc/sys/kernel/random/boot_id", 100).catch(() => null)) ?? "";
  return { pid, start_time: fields[START_TIME_FIELD - FIRST_FIELD] ?? "", boot_id: bootId.trim() };
}

/** Numbers of proc_pid_stat(5). */
const START_TIME_FIELD = 22;
const FIRST_FIELD = 3;
