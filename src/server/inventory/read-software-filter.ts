import { SOURCES } from "#domain/software/sources.ts";
import { canonicalId } from "#domain/vulnerability/details-link.ts";
import type { VulnerableFilter } from "../database/finding-sql.ts";
import type { Database } from "../database/tables.ts";
import { badRequest, notFound } from "../http/errors.ts";
import type { SoftwareFilter } from "./catalogue-filter-store.ts";
import { labelCounted } from "./count-label.ts";

/** The filter parameters of software lists and exports, as the protocol validates them. */
export interface SoftwareFilterQuery {
  query?: string;
  source?: string;
  platform?: string;
  vendor?: string;
  label_id?: number;
  software_title_id?: number;
  first_seen_since?: string;
  first_seen_until?: string;
  hosts_count_min?: number;
  hosts_count_max?: number;
  identifier?: string;
  versions_count_min?: number;
  versions_count_max?: number;
  arch?: string;
  vulnerable?: boolean;
  min_cvss_score?: number;
  max_cvss_score?: number;
  exploit?: boolean;
}

/** Fleet's words for a platform that have another name here. */
const PLATFORM_ALIASES: Readonly<Record<string, string>> = { macos: "darwin", chromeos: "chrome" };

/**
 * Reads the filter of a list or export of software, and sees to it that the software of the label is counted.
 *
 * @throws {HttpError} 404 for an unknown label, 400 for a platform that is none
 */
export async function readSoftwareFilter(deps: { db: Database }, query: SoftwareFilterQuery): Promise<SoftwareFilter> {
  const sources = sourcesOf(query);
  if (query.label_id !== undefined && !(await labelCounted(deps.db, query.label_id))) {
    throw notFound("label_id", `There is no label ${query.label_id}.`);
  }
  return present({
    ...searchOf(query.query),
    ...vulnerableOf(query),
    sources,
    vendor: query.vendor,
    labelId: query.label_id,
    titleId: query.software_title_id,
    firstSeenSince: dateOf(query.first_seen_since),
    firstSeenUntil: dateOf(query.first_seen_until),
    hostsMin: query.hosts_count_min,
    hostsMax: query.hosts_count_max,
    identifier: query.identifier,
    versionsMin: query.versions_count_min,
    versionsMax: query.versions_count_max,
    arch: query.arch,
  });
}

/** A search for the id of a vulnerability, or for the beginning of CVE ids, finds the software that has it. */
function searchOf(query: string | undefined): Pick<SoftwareFilter, "query" | "vulnerability"> {
  const text = query?.trim() ?? "";
  if (/^cve-\d{4}-\d{4,}$/i.test(text) || /^(?:ghsa|mal)-[\w-]+$/i.test(text)) return { vulnerability: canonicalId(text) };
  if (/^cve-\d{4}(?:-\d*)?$/i.test(text)) return { vulnerability: `${text.toUpperCase()}*` };
  return present({ query });
}

/** What a list asks of vulnerabilities; `vulnerable=false` does not restrict, as in Fleet. */
export function vulnerableOf(
  query: Pick<SoftwareFilterQuery, "vulnerable" | "min_cvss_score" | "max_cvss_score" | "exploit">,
): VulnerableFilter {
  return present({
    vulnerable: query.vulnerable === true ? true : undefined,
    cvssMin: query.min_cvss_score,
    cvssMax: query.max_cvss_score,
    exploited: query.exploit === true ? true : undefined,
  });
}

/** The names of a comma list; undefined for a list without any. */
export function namesOf(list: string | undefined): string[] | undefined {
  const names = (list ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names.length === 0 ? undefined : names;
}

/** Sources that are asked for by name and exist on the platforms that are asked for. */
function sourcesOf({ source, platform }: SoftwareFilterQuery): string[] | undefined {
  const named = namesOf(source);
  const platforms = namesOf(platform)?.map((name) => PLATFORM_ALIASES[name.toLowerCase()] ?? name.toLowerCase());
  if (platforms === undefined) return named;
  const known = new Set(SOURCES.flatMap((s) => s.platforms as readonly string[]));
  const unknown = platforms.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw badRequest("platform", `Not a platform: ${unknown}. Known: ${[...known].toSorted().join(", ")}.`);
  const there = SOURCES.filter((s) => s.platforms.some((name) => platforms.includes(name))).map((s) => s.source);
  return named === undefined ? there : there.filter((name) => named.includes(name));
}

export function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** Drops the fields without a value. */
export function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
