import { paths, PLANNED } from "../../paths.ts";
import type { Planned } from "../../paths.ts";
import type { IconType } from "../../ui/icon.tsx";
import {
  ActivityIcon,
  DashboardIcon,
  DeviceIcon,
  LabelIcon,
  LibraryIcon,
  PoliciesIcon,
  SettingsIcon,
  SoftwareIcon,
  UpdatesIcon,
  VulnerabilitiesIcon,
} from "../../ui/icons.ts";

export interface Place {
  label: string;
  href: string;
  icon: IconType;
  /** Set for an area that is not built yet: what it will hold. */
  planned?: string;
}

/** What each area that does not exist yet will be for. */
export const PLANNED_WORDS: Record<Planned, { label: string; icon: IconType; promise: string }> = {
  library: {
    label: "Library",
    icon: LibraryIcon,
    promise: "Packages that you can install on devices, with what is in them, where they came from and where they succeeded.",
  },
  updates: {
    label: "Updates",
    icon: UpdatesIcon,
    promise: "Rollouts of new versions in rings, inside each device's maintenance window, halted when evidence says so.",
  },
  policies: {
    label: "Policies",
    icon: PoliciesIcon,
    promise: "Rules for the software a device may, must or must not have, previewed on your fleet before they take hold.",
  },
};

const PLANNED_PLACES: Place[] = PLANNED.map((area) => {
  const { label, icon, promise } = PLANNED_WORDS[area];
  return { label, icon, href: paths.planned(area), planned: promise };
});

/** The frame's navigation, in groups between hairlines. */
export const PLACES: Place[][] = [
  [
    { label: "Dashboard", href: paths.dashboard(), icon: DashboardIcon },
    { label: "Devices", href: paths.devices(), icon: DeviceIcon },
    { label: "Labels", href: paths.labels(), icon: LabelIcon },
  ],
  [
    { label: "Inventory", href: paths.software(), icon: SoftwareIcon },
    { label: "Vulnerabilities", href: paths.vulnerabilities(), icon: VulnerabilitiesIcon },
    ...PLANNED_PLACES,
  ],
  [
    { label: "Activity", href: paths.activity(), icon: ActivityIcon },
    { label: "Settings", href: paths.settings(), icon: SettingsIcon },
  ],
];

/** Is `pathname` at or below the place? */
export function isAt(place: Place, pathname: string): boolean {
  const root = place.href === "/" ? "/" : `/${place.href.split("/")[1]}`;
  return root === "/" ? pathname === "/" : pathname === root || pathname.startsWith(`${root}/`);
}

/** The steps above a page, from the outermost. The page itself is named by its title. */
export function parentsOf(pathname: string): { label: string; href: string }[] {
  const [area, second] = pathname.split("/").filter(Boolean);
  if (area === "devices") return second === undefined ? [] : [{ label: "Devices", href: paths.devices() }];
  if (area === "labels") return second === undefined ? [] : [{ label: "Labels", href: paths.labels() }];
  if (area === "vulnerabilities")
    return second === undefined ? [] : [{ label: "Vulnerabilities", href: paths.vulnerabilities() }];
  if (area !== "software") return [];
  const inventory = { label: "Inventory", href: paths.software() };
  const depth = pathname.split("/").filter(Boolean).length;
  if (second === "titles") return [inventory];
  if (second === "os" && depth > 2) return [inventory, { label: "Operating systems", href: paths.operatingSystems() }];
  if (second === "versions" && depth > 2) return [inventory, { label: "Versions", href: paths.softwareVersions() }];
  return [];
}
