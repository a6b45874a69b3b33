import { platformFamily } from "#domain/software/sources.ts";
import type { Host } from "#protocol/rest/hosts.ts";
import { AppleIcon, ChromeIcon, LinuxIcon, UnknownIcon, WindowsIcon } from "../ui/icons.ts";
import { Icon } from "../ui/icon.tsx";
import type { IconType } from "../ui/icon.tsx";
import { State } from "../ui/state.tsx";
import { PLATFORM_LABELS } from "./platform-labels.ts";
import type { PlatformFilter } from "../search.ts";

const PLATFORM_ICONS: Record<PlatformFilter, IconType> = {
  linux: LinuxIcon,
  darwin: AppleIcon,
  windows: WindowsIcon,
  chrome: ChromeIcon,
};

/** The words of a host's platform family; a platform of no family is shown as it was reported. */
export function platformLabel(platform: string): string {
  const family = platformFamily(platform);
  return family === null ? platform || "Unknown platform" : PLATFORM_LABELS[family];
}

export function PlatformIcon({ platform, size = 16 }: { platform: string; size?: number }) {
  const family = platformFamily(platform);
  return <Icon of={family === null ? UnknownIcon : PLATFORM_ICONS[family]} size={size} />;
}

export function HostState({ status }: { status: Host["status"] }) {
  return status === "online" ? (
    <State tone="ok" tip="It was heard of within the time its agent's poll interval allows.">
      Online
    </State>
  ) : (
    <State tone="idle" tip="It was not heard of for longer than its agent's poll interval allows.">
      Offline
    </State>
  );
}

/** The agents on a host with their versions: `Muster 0.1.0 · osquery 5.20.0`. */
export function agentWords(host: Pick<Host, "muster_version" | "osquery_version" | "orbit_version">): string {
  const agents = [
    host.muster_version && `Muster ${host.muster_version}`,
    host.osquery_version && `osquery ${host.osquery_version}`,
    host.orbit_version && `orbit ${host.orbit_version}`,
  ];
  return agents.filter(Boolean).join(" · ");
}
