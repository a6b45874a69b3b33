import { platformFamily } from "#domain/software/sources.ts";
import { PLATFORM_LABELS } from "../../parts/platform-labels.ts";
import { paths } from "../../paths.ts";
import { PLATFORMS } from "../../search.ts";

interface Summary {
  totals_hosts_count: number;
  online_count: number;
  offline_count: number;
  mia_count: number;
  new_count: number;
  platforms: { platform: string; hosts_count: number }[];
}

export interface Figure {
  label: string;
  /** Null while it is counted. */
  value: number | null;
  /** What the number counts. */
  tip: string;
  href: string;
  tone?: "ok" | "idle" | "warn";
}

/** The numbers on top of the dashboard; each leads to the rows it counts. */
export function fleetFigures(data: Summary, titles: number | undefined, versions: number | undefined): Figure[] {
  return [
    {
      label: "Devices",
      value: data.totals_hosts_count,
      tip: "All devices that have enrolled and were not deleted",
      href: paths.devices(),
    },
    {
      label: "Online",
      value: data.online_count,
      tip: "Heard of within the time that their agent's poll interval allows",
      href: paths.devices({ status: "online" }),
      tone: "ok",
    },
    {
      label: "Offline",
      value: data.offline_count,
      tip: "Not heard of for longer than their agent's poll interval allows, and less than 30 days",
      href: paths.devices({ status: "offline" }),
      tone: "idle",
    },
    {
      label: "Not seen for 30 days",
      value: data.mia_count,
      tip: "Devices that may be lost, retired or reinstalled under another identity",
      href: paths.devices({ status: "mia" }),
      ...(data.mia_count > 0 ? { tone: "warn" as const } : {}),
    },
    {
      label: "New today",
      value: data.new_count,
      tip: "Enrolled within the last 24 hours",
      href: paths.devices({ status: "new" }),
    },
    { label: "Software titles", value: titles ?? null, tip: "Distinct software on at least one device", href: paths.software() },
    {
      label: "Versions",
      value: versions ?? null,
      tip: "Distinct versions on at least one device",
      href: paths.softwareVersions(),
    },
  ];
}

/** Devices by platform family, greatest first; platforms of no family are counted together. */
export function platformBars(data: Summary): { key: string; label: string; value: number; href?: string }[] {
  const counts = new Map<string, number>();
  for (const { platform, hosts_count } of data.platforms) {
    const family = platformFamily(platform) ?? "other";
    counts.set(family, (counts.get(family) ?? 0) + hosts_count);
  }
  const families = PLATFORMS.map((family) => ({
    key: family as string,
    label: PLATFORM_LABELS[family],
    value: counts.get(family) ?? 0,
    href: paths.devices({ platform: family }),
  }));
  const other = counts.get("other") ?? 0;
  return [...families, ...(other > 0 ? [{ key: "other", label: "Other or not reported", value: other }] : [])]
    .filter((bar) => bar.value > 0)
    .toSorted((a, b) => b.value - a.value);
}
