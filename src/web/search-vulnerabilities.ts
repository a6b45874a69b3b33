import type { FINDING_STATES, SEVERITIES, VULNERABILITY_ORDER_KEYS } from "#protocol/rest/vulnerabilities.ts";
import type { VULNERABLE_SOFTWARE_ORDER_KEYS } from "#protocol/rest/vulnerable-software.ts";
import { listOf } from "./search.ts";
import type { ListSearch } from "./search.ts";
import { dayOf, idOf, listedOf, oneOf, present, textOf } from "./search-values.ts";

/** What the addresses of vulnerability pages carry after the `?`; read as all of them are (search.ts). */
type Raw = Record<string, unknown>;
type VulnerableSoftwareOrderKey = (typeof VULNERABLE_SOFTWARE_ORDER_KEYS)[number];
type VulnerabilityOrderKey = (typeof VULNERABILITY_ORDER_KEYS)[number];

const VULNERABILITY_ORDERS = [
  "priority",
  "cve",
  "severity",
  "cvss_score",
  "epss_probability",
  "cisa_known_exploit",
  "hosts_count",
  "software_count",
  "cve_published",
  "created_at",
  "due_at",
] as const satisfies readonly VulnerabilityOrderKey[];
export const SEVERITY_WORDS = [
  "critical",
  "high",
  "medium",
  "low",
  "none",
  "unknown",
] as const satisfies readonly (typeof SEVERITIES)[number][];
export const STATE_WORDS = [
  "affected",
  "unfixed",
  "will_not_fix",
  "deferred",
  "possible",
] as const satisfies readonly (typeof FINDING_STATES)[number][];
export const SUPPRESSED_WORDS = ["no", "yes", "all"] as const;

export interface VulnerabilitiesSearch extends ListSearch<(typeof VULNERABILITY_ORDERS)[number]> {
  /** Comma lists. */
  severity?: string | undefined;
  state?: string | undefined;
  source?: string | undefined;
  label_id?: number | undefined;
  software_title_id?: number | undefined;
  software_version_id?: number | undefined;
  os_version_id?: number | undefined;
  exploit?: true | undefined;
  public_exploit?: true | undefined;
  ransomware?: true | undefined;
  overdue?: true | undefined;
  suppressed?: (typeof SUPPRESSED_WORDS)[number] | undefined;
  /** CVSS from 0 to 10; EPSS as per cent. */
  min_cvss_score?: number | undefined;
  max_cvss_score?: number | undefined;
  min_epss?: number | undefined;
  /** Days (`YYYY-MM-DD`, in UTC, both included). */
  created_since?: string | undefined;
  created_until?: string | undefined;
  published_since?: string | undefined;
  published_until?: string | undefined;
}

const AFFECTED_ORDERS = ["hosts_count", "name", "created_at"] as const satisfies readonly VulnerableSoftwareOrderKey[];

/** The page of one vulnerability. */
export interface VulnerabilitySearch extends ListSearch<(typeof AFFECTED_ORDERS)[number]> {
  /** Of the software that has it. */
  state?: string | undefined;
  source?: string | undefined;
  suppressed?: (typeof SUPPRESSED_WORDS)[number] | undefined;
  label_id?: number | undefined;
  /** What the evidence is shown of: `software-12`, `system-3`, `device-7`. */
  why?: string | undefined;
}

export function parseVulnerabilitySearch(raw: Raw): VulnerabilitySearch {
  const why = textOf(raw["why"]);
  return present({
    ...listOf(raw, AFFECTED_ORDERS),
    state: listedOf(raw["state"], STATE_WORDS),
    source: textOf(raw["source"]),
    suppressed: oneOf(raw["suppressed"], SUPPRESSED_WORDS),
    label_id: idOf(raw["label_id"]),
    why: why !== undefined && /^(?:software|system|device)-[1-9]\d{0,14}$/u.test(why) ? why : undefined,
  });
}

export function parseVulnerabilitiesSearch(raw: Raw): VulnerabilitiesSearch {
  return present({
    ...listOf(raw, VULNERABILITY_ORDERS),
    severity: listedOf(raw["severity"], SEVERITY_WORDS),
    state: listedOf(raw["state"], STATE_WORDS),
    source: textOf(raw["source"]),
    label_id: idOf(raw["label_id"]),
    software_title_id: idOf(raw["software_title_id"]),
    software_version_id: idOf(raw["software_version_id"]),
    os_version_id: idOf(raw["os_version_id"]),
    exploit: flagOf(raw["exploit"]),
    public_exploit: flagOf(raw["public_exploit"]),
    ransomware: flagOf(raw["ransomware"]),
    overdue: flagOf(raw["overdue"]),
    suppressed: oneOf(raw["suppressed"], SUPPRESSED_WORDS),
    min_cvss_score: amountOf(raw["min_cvss_score"], 10),
    max_cvss_score: amountOf(raw["max_cvss_score"], 10),
    min_epss: amountOf(raw["min_epss"], 100),
    created_since: dayOf(raw["created_since"]),
    created_until: dayOf(raw["created_until"]),
    published_since: dayOf(raw["published_since"]),
    published_until: dayOf(raw["published_until"]),
  });
}

function flagOf(value: unknown): true | undefined {
  return value === "true" ? true : undefined;
}

/** A number from 0 to `max`, with a decimal point. */
function amountOf(value: unknown, max: number): number | undefined {
  if (typeof value !== "string" || !/^\d{1,3}(?:\.\d{1,4})?$/u.test(value)) return undefined;
  const amount = Number(value);
  return amount <= max ? amount : undefined;
}
