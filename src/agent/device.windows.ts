import type { Device } from "./device.ts";
import { windowsHardware, windowsHostDetails } from "./host/details.windows.ts";
import { WINDOWS_SOURCES } from "./sources/registry.windows.ts";
import { runPowerShell } from "./system/powershell.windows.ts";

/** This Windows machine. */
export function windowsDevice(): Device {
  return {
    sources: WINDOWS_SOURCES,
    registry: "windows",
    platform: async () => "windows",
    hostDetails: windowsHostDetails,
    ownIdentifier: async () => (await windowsHardware()).uuid,
    async processIdentity(pid) {
      const started = await runPowerShell(
        `(Get-Process -Id ${Math.trunc(pid)} -ErrorAction SilentlyContinue).StartTime.ToFileTimeUtc()`,
      ).catch(() => "");
      return started.trim() === "" ? null : { pid, start_time: started.trim(), boot_id: "" };
    },
  };
}
