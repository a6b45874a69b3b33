import type { Device } from "./device.ts";
import { darwinHardware, darwinHostDetails } from "./host/details.darwin.ts";
import { DARWIN_SOURCES } from "./sources/registry.darwin.ts";
import { ProgramError, runProgram } from "./system/exec.ts";

/** This Mac. */
export function darwinDevice(): Device {
  return {
    sources: DARWIN_SOURCES,
    registry: "darwin",
    platform: async () => "darwin",
    hostDetails: darwinHostDetails,
    ownIdentifier: async () => (await darwinHardware()).uuid,
    async processIdentity(pid) {
      // a time of start within one second tells two processes of one number apart well enough: numbers come back after thousands
      const start_time = await startTime(pid);
      return start_time === "" ? null : { pid, start_time, boot_id: "" };
    },
  };
}

/** `ps` ends with 1 when there is no such process. */
async function startTime(pid: number): Promise<string> {
  try {
    const limits = { timeoutMs: 10_000, outputBytesMax: 10_000 };
    return (await runProgram("ps", ["-o", "lstart=", "-p", String(pid)], limits)).trim();
  } catch (error) {
    if (error instanceof ProgramError && error.reason === "failed") return "";
    throw error;
  }
}
