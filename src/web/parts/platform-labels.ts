import type { HostStatusFilter, PlatformFilter } from "../search.ts";

export const PLATFORM_LABELS: Record<PlatformFilter, string> = {
  linux: "Linux",
  darwin: "macOS",
  windows: "Windows",
  chrome: "ChromeOS",
};

export const STATUS_LABELS: Record<HostStatusFilter, string> = {
  new: "New (24 h)",
  online: "Online",
  offline: "Offline",
  mia: "Not seen for 30 days",
  missing: "Missing for 30 days",
};
