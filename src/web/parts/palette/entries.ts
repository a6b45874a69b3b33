import type { Host } from "#protocol/rest/hosts.ts";
import type { SoftwareTitle, SoftwareVersion } from "#protocol/rest/software.ts";
import type { Vulnerability } from "#protocol/rest/vulnerability-shapes.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import { paths } from "../../paths.ts";
import type { IconType } from "../../ui/icon.tsx";
import {
  AddDeviceIcon,
  DeviceIcon,
  KeyIcon,
  LabelIcon,
  LogOutIcon,
  MoonIcon,
  SoftwareIcon,
  SunIcon,
  SystemThemeIcon,
  VulnerabilitiesIcon,
} from "../../ui/icons.ts";
import { setTheme } from "../../ui/theme.ts";
import { countOf } from "../format.ts";
import { PLACES } from "../frame/places.ts";
import { SEVERITY_LABELS } from "../vulnerability/severity.tsx";
import { cveOf } from "../vulnerability/verdict-words.ts";

/** One line of the palette: where it leads or what it does. */
export interface Entry {
  id: string;
  label: string;
  note?: string;
  icon: IconType;
  href?: string;
  run?: (() => void) | "log-out";
  /** More words by which it is found. */
  words?: string;
}

const COMMANDS: Entry[] = [
  ...PLACES.flat().map((p) => ({
    id: `place-${p.href}`,
    label: p.label,
    icon: p.icon,
    href: p.href,
    ...(p.planned === undefined ? {} : { note: "not built yet" }),
  })),
  {
    id: "add-device",
    label: "Add a device",
    icon: AddDeviceIcon,
    href: paths.addDevice(),
    words: "enroll new host agent osquery",
  },
  { id: "add-label", label: "Create a label", icon: LabelIcon, href: paths.newLabel(), words: "new group tag" },
  {
    id: "collection",
    label: "What is collected",
    icon: LabelIcon,
    href: paths.settings("collection"),
    words: "collection settings sources interval",
  },
  { id: "versions", label: "Software versions", icon: SoftwareIcon, href: paths.softwareVersions() },
  { id: "os", label: "Operating systems", icon: DeviceIcon, href: paths.operatingSystems(), words: "os versions" },
  {
    id: "exploited",
    label: "Vulnerabilities known to be exploited",
    icon: VulnerabilitiesIcon,
    href: paths.vulnerabilities({ exploit: true }),
    words: "kev cve urgent",
  },
  {
    id: "overdue",
    label: "Vulnerabilities that are overdue",
    icon: VulnerabilitiesIcon,
    href: paths.vulnerabilities({ overdue: true }),
    words: "sla late cve",
  },
  { id: "fix-first", label: "Fix first", icon: VulnerabilitiesIcon, href: paths.fixFirst(), words: "updates priority risk cve" },
  { id: "exposure", label: "Exposure over time", icon: VulnerabilitiesIcon, href: paths.exposure(), words: "plot trend cve" },
  {
    id: "unidentified",
    label: "Unidentified software",
    icon: VulnerabilitiesIcon,
    href: paths.unidentified(),
    words: "product identity not assessed",
  },
  { id: "feeds", label: "Vulnerability feeds", icon: VulnerabilitiesIcon, href: paths.feeds(), words: "nvd osv import sync" },
  { id: "offline", label: "Devices that are offline", icon: DeviceIcon, href: paths.devices({ status: "offline" }) },
  { id: "secrets", label: "Enroll secrets", icon: KeyIcon, href: paths.settings("enrollment") },
  { id: "users", label: "Users and API tokens", icon: KeyIcon, href: paths.settings("users") },
  { id: "light", label: "Theme: light", icon: SunIcon, run: () => setTheme("light"), words: "appearance" },
  { id: "dark", label: "Theme: dark", icon: MoonIcon, run: () => setTheme("dark"), words: "appearance" },
  { id: "system", label: "Theme: as the system", icon: SystemThemeIcon, run: () => setTheme("system"), words: "appearance" },
  { id: "log-out", label: "Log out", icon: LogOutIcon, run: "log-out", words: "sign out" },
];

/** The pages and commands whose words hold every typed word. */
export function commandsFor(text: string): Entry[] {
  const typed = text.toLowerCase().split(/\s+/u).filter(Boolean);
  return COMMANDS.filter((c) => {
    const words = `${c.label} ${c.words ?? ""}`.toLowerCase();
    return typed.every((t) => words.includes(t));
  });
}

export function deviceEntries(hosts: Host[]): Entry[] {
  return hosts.map((h) => ({
    id: `host-${h.id}`,
    label: h.display_name,
    note: [h.os_version, h.status].filter(Boolean).join(" · "),
    icon: DeviceIcon,
    href: paths.device(h.id),
  }));
}

export function titleEntries(titles: SoftwareTitle[]): Entry[] {
  return titles.map((t) => ({
    id: `title-${t.id}`,
    label: t.display_name || t.name,
    note: `${sourceLabel(t.source)} · ${countOf(t.hosts_count, "device")}`,
    icon: SoftwareIcon,
    href: paths.softwareTitle(t.id),
  }));
}

export function versionEntries(versions: SoftwareVersion[]): Entry[] {
  return versions.map((v) => ({
    id: `version-${v.id}`,
    label: `${v.display_name || v.name} ${v.version}`,
    note: countOf(v.hosts_count, "device"),
    icon: SoftwareIcon,
    href: paths.softwareVersion(v.id),
  }));
}

/** The vulnerabilities found; an id that is typed whole opens its page even where nothing here has it. */
export function vulnerabilityEntries(text: string, found: Vulnerability[]): Entry[] {
  const entries = found.map((v) => ({
    id: `vulnerability-${v.cve}`,
    label: v.cve,
    note: [SEVERITY_LABELS[v.severity], countOf(v.hosts_count, "device")].filter(Boolean).join(" · "),
    icon: VulnerabilitiesIcon,
    href: paths.vulnerability(v.cve),
  }));
  const cve = cveOf(text);
  if (cve === undefined || found.some((v) => v.cve === cve)) return entries;
  const known = { id: "vulnerability-typed", label: cve, note: "what is known of it", icon: VulnerabilitiesIcon };
  return [{ ...known, href: paths.vulnerability(cve) }, ...entries];
}
