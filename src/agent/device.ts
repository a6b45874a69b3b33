import type { HostDetails } from "#protocol/agent/messages.ts";
import { darwinDevice } from "./device.darwin.ts";
import { linuxDevice } from "./device.linux.ts";
import { windowsDevice } from "./device.windows.ts";
import type { RegistryName } from "./sources/registries.ts";
import type { Source } from "./sources/source.ts";
import type { ProcessIdentity } from "./state/lock.ts";

/** What the agent needs of the machine it runs on; one implementation a platform, chosen once by {@link thisDevice}. */
export interface Device {
  sources: readonly Source[];
  /** The same sources by name, for the process that collects. */
  registry: RegistryName;
  /** osquery's `os_version.platform`. */
  platform(): Promise<string>;
  hostDetails(): Promise<HostDetails>;
  /** The machine's own identifier, stable across reinstalls of the agent; "" when it has none. */
  ownIdentifier(): Promise<string>;
  processIdentity(pid: number): Promise<ProcessIdentity | null>;
}

const DEVICES: Partial<Record<NodeJS.Platform, () => Device>> = {
  linux: () => linuxDevice(""),
  darwin: darwinDevice,
  win32: windowsDevice,
};

/** @throws Error with one sentence on a platform the agent does not run on. */
export function thisDevice(platform: NodeJS.Platform = process.platform): Device {
  const make = DEVICES[platform];
  if (make === undefined) {
    throw new Error(
      `Muster's agent runs on Linux, macOS and Windows (this is ${platform}); enrol this device with osquery instead.`,
    );
  }
  return make();
}
