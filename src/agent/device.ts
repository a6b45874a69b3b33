import type { HostDetails } from "#protocol/agent/messages.ts";
import { linuxDevice } from "./device.linux.ts";
import type { Source } from "./sources/source.ts";
import type { ProcessIdentity } from "./state/lock.ts";

/** What the agent needs of the machine it runs on; one implementation a platform, chosen once by {@link thisDevice}. */
export interface Device {
  sources: readonly Source[];
  /** osquery's `os_version.platform`. */
  platform(): Promise<string>;
  hostDetails(): Promise<HostDetails>;
  /** The machine's own identifier, stable across reinstalls of the agent; "" when it has none. */
  ownIdentifier(): Promise<string>;
  processIdentity(pid: number): Promise<ProcessIdentity | null>;
}

const DEVICES: Partial<Record<NodeJS.Platform, () => Device>> = { linux: () => linuxDevice("") };

/** @throws Error with one sentence on a platform the agent does not run on yet. */
export function thisDevice(platform: NodeJS.Platform = process.platform): Device {
  const make = DEVICES[platform];
  if (make === undefined) {
    throw new Error(`Muster's agent runs on Linux only as yet (this is ${platform}); enrol this device with osquery instead.`);
  }
  return make();
}
