import type { HOST_SOFTWARE_ORDER_KEYS } from "#protocol/rest/host-software.ts";
import type { HOST_VULNERABILITY_ORDER_KEYS } from "#protocol/rest/vulnerabilities.ts";
import { listOf, pastOf, UNUSED_DAYS, vulnerableOf } from "./search.ts";
import type { ListSearch, PastSearch } from "./search.ts";
import { dayOf, flagOf, idOf, listedOf, numberOf, oneOf, present, textOf } from "./search-values.ts";
import { SEVERITY_WORDS, STATE_WORDS } from "./search-vulnerabilities.ts";

/** What the address of a device carries after the `?`; read as all of them are (search.ts). */
type Raw = Record<string, unknown>;
type HostSoftwareOrderKey = (typeof HOST_SOFTWARE_ORDER_KEYS)[number];
type HostVulnerabilityOrderKey = (typeof HOST_VULNERABILITY_ORDER_KEYS)[number];

export const DEVICE_SOFTWARE_ORDERS = [
  "name",
  "source",
  "version",
  "arch",
  "vendor",
  "installed_at",
  "last_opened_at",
  "vulnerabilities_count",
] as const satisfies readonly HostSoftwareOrderKey[];
/** Orders of the vulnerabilities of a device. */
export const DEVICE_FINDING_ORDERS = [
  "priority",
  "cve",
  "severity",
  "cvss_score",
  "epss_probability",
  "software",
  "created_at",
  "cve_published",
] as const satisfies readonly HostVulnerabilityOrderKey[];

/** The tabs of a device share an address: each reads its own orders and filters of it. */
export interface DeviceSearch
  extends PastSearch, ListSearch<(typeof DEVICE_SOFTWARE_ORDERS)[number] | (typeof DEVICE_FINDING_ORDERS)[number]> {
  source?: string;
  vendor?: string;
  arch?: string;
  /** Days (`YYYY-MM-DD`, in UTC, both included): when the device was first seen with it, and when it was last opened. */
  installed_since?: string;
  installed_until?: string;
  last_opened_since?: string;
  last_opened_until?: string;
  /** Only what was not opened for so many days. */
  not_opened_for_days?: (typeof UNUSED_DAYS)[number];
  /** Id of the title whose sheet is open. */
  title?: number;
  /** Only software with open vulnerabilities; with one known to be exploited. */
  vulnerable?: true;
  exploit?: true;
  min_cvss_score?: number;
  /** Of vulnerabilities: those in this title. */
  software_title_id?: number;
  /** Of vulnerabilities: comma lists. */
  severity?: string;
  state?: string;
  suppressed?: "yes" | "all";
  overdue?: true;
  /** The finding whose evidence is shown: `CVE-2024-1_12`, or `CVE-2024-1_os` of the operating system. */
  why?: string;
}

export function parseDeviceSearch(raw: Raw): DeviceSearch {
  return present({
    ...listOf(raw, [...DEVICE_SOFTWARE_ORDERS, ...DEVICE_FINDING_ORDERS]),
    source: textOf(raw["source"]),
    vendor: textOf(raw["vendor"]),
    arch: textOf(raw["arch"]),
    installed_since: dayOf(raw["installed_since"]),
    installed_until: dayOf(raw["installed_until"]),
    last_opened_since: dayOf(raw["last_opened_since"]),
    last_opened_until: dayOf(raw["last_opened_until"]),
    title: idOf(raw["title"]),
    ...vulnerableOf(raw),
    software_title_id: idOf(raw["software_title_id"]),
    severity: listedOf(raw["severity"], SEVERITY_WORDS),
    state: listedOf(raw["state"], STATE_WORDS),
    suppressed: oneOf(raw["suppressed"], ["yes", "all"] as const),
    overdue: flagOf(raw["overdue"]),
    why: textOf(raw["why"], 150),
    not_opened_for_days: numberOf(raw["not_opened_for_days"], UNUSED_DAYS),
    ...pastOf(raw),
  });
}
