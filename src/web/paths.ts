import type { DevicesSearch, LabelsSearch, OsSearch, SoftwareSearch, TitleSearch, UnusedSearch } from "./search.ts";
import type { DeviceSearch } from "./search-device.ts";
import type { ActivitySearch } from "./search-activity.ts";
import type { VulnerabilitiesSearch, VulnerabilitySearch } from "./search-vulnerabilities.ts";
import type {
  DecisionsSearch,
  ExposureSearch,
  FeedsSearch,
  FixFirstSearch,
  UnidentifiedSearch,
} from "./search-vulnerability-views.ts";

/** The areas that the frame shows; three of them are not built yet and say so. */
export const PLANNED = ["library", "updates", "policies"] as const;
export type Planned = (typeof PLANNED)[number];
export const DEVICE_TABS = ["software", "vulnerabilities", "details", "sources", "history", "activity"] as const;
export type DeviceTab = (typeof DEVICE_TABS)[number];
export const TITLE_TABS = ["devices", "vulnerabilities", "adoption", "history"] as const;
export type TitleTab = (typeof TITLE_TABS)[number];
export const VULNERABILITY_TABS = ["affected", "decisions", "history", "records"] as const;
export type VulnerabilityTab = (typeof VULNERABILITY_TABS)[number];
export const SETTINGS_TABS = [
  "enrollment",
  "collection",
  "corrections",
  "vulnerabilities",
  "notifications",
  "lifetime",
  "users",
  "sessions",
  "appearance",
  "about",
] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];
export const ADD_WAYS = ["muster", "osquery"] as const;
export type AddWay = (typeof ADD_WAYS)[number];

/** Every address of the web interface. Pages link through these and nowhere else; paths.test.ts opens each in the router. */
export const paths = {
  dashboard: () => "/",
  setup: () => "/setup",
  login: (next?: string) => withSearch("/login", { next: next === "/" ? undefined : next }),
  devices: (search: DevicesSearch = {}) => withSearch("/devices", search),
  addDevice: (search: { with?: AddWay; server?: string } = {}) => withSearch("/devices/add", search),
  device: (id: number, tab: DeviceTab = "software", search: DeviceSearch = {}) =>
    withSearch(tab === "software" ? `/devices/${id}` : `/devices/${id}/${tab}`, search),
  labels: (search: LabelsSearch = {}) => withSearch("/labels", search),
  newLabel: () => "/labels/new",
  label: (id: number, search: DevicesSearch = {}) => withSearch(`/labels/${id}`, search),
  editLabel: (id: number) => `/labels/${id}/edit`,
  software: (search: SoftwareSearch = {}) => withSearch("/software", search),
  softwareTitle: (id: number, tab: TitleTab = "devices", search: TitleSearch = {}) =>
    withSearch(tab === "devices" ? `/software/titles/${id}` : `/software/titles/${id}/${tab}`, search),
  unusedSoftware: (search: UnusedSearch = {}) => withSearch("/software/unused", search),
  softwareVersions: (search: SoftwareSearch = {}) => withSearch("/software/versions", search),
  softwareVersion: (id: number) => `/software/versions/${id}`,
  operatingSystems: (search: OsSearch = {}) => withSearch("/software/os", search),
  operatingSystem: (id: number, search: DevicesSearch = {}) => withSearch(`/software/os/${id}`, search),
  vulnerabilities: (search: VulnerabilitiesSearch = {}) => withSearch("/vulnerabilities", search),
  vulnerability: (cve: string, tab: VulnerabilityTab = "affected", search: VulnerabilitySearch = {}) =>
    withSearch(`/vulnerabilities/${encodeURIComponent(cve)}${tab === "affected" ? "" : `/${tab}`}`, search),
  fixFirst: (search: FixFirstSearch = {}) => withSearch("/vulnerabilities/fix-first", search),
  exposure: (search: ExposureSearch = {}) => withSearch("/vulnerabilities/exposure", search),
  decisions: (search: DecisionsSearch = {}) => withSearch("/vulnerabilities/decisions", search),
  unidentified: (search: UnidentifiedSearch = {}) => withSearch("/vulnerabilities/unidentified", search),
  feeds: (search: FeedsSearch = {}) => withSearch("/vulnerabilities/feeds", search),
  planned: (area: Planned) => `/${area}`,
  activity: (search: ActivitySearch = {}) => withSearch("/activity", search),
  settings: (tab: SettingsTab = "enrollment") => `/settings/${tab}`,
};

/** A search object as it stands in the address: `undefined` and empty values are left out. */
export function searchText(search: object): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()}`;
}

function withSearch(path: string, search: object): string {
  return path + searchText(search);
}

/** Where to go after login: only a path of this site, never another origin (`//evil.example` is one). */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/u.test(next) && !next.startsWith("/login") ? next : paths.dashboard();
}
