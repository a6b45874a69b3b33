import { cpeName } from "#domain/vulnerability/cpe-name.ts";
import { detailsLink } from "#domain/vulnerability/details-link.ts";
import type { VulnerabilityName, VulnerabilityOfSoftware } from "#protocol/rest/vulnerability-shapes.ts";
import type { Readable } from "../../database/read-rows.ts";
import { presentFinding, type FindingRow } from "../hosts/present-finding.ts";
import {
  cpesOf,
  cvesOfSoftware,
  cvesOnHosts,
  exposuresOfSoftware,
  findingsOfSoftware,
  findingsOnHosts,
  namesOfSoftware,
  titleExposures,
  type SoftwareExposure,
} from "./software-finding-store.ts";

/** Vulnerabilities of one software row that any list shows; the worst come first. */
export const VULNERABILITIES_MAX = 1000;
/** Vulnerabilities with details in one answer; rows of a page share it. Each is about 800 bytes: with 1,000 a page is 0.8 MB, which takes a quarter of a second in all. */
const DETAILS_MAX = 1000;
/** The same where only ids are shown, which are a tenth as long. */
const NAMES_MAX = 10_000;
/** … and each row has at least so many. */
const DETAILS_MIN = 20;

/** How many vulnerabilities each row of an answer of so many rows shows with details. */
export function detailsPerRow(rows: number): number {
  return shareOf(DETAILS_MAX, rows);
}

function shareOf(all: number, rows: number): number {
  return Math.min(VULNERABILITIES_MAX, Math.max(DETAILS_MIN, Math.floor(all / Math.max(1, rows))));
}

/** What is shown of vulnerabilities: all, or (`without_vulnerability_details`) names only. */
export type ShownVulnerabilities = VulnerabilityOfSoftware[] | VulnerabilityName[];

/** What pages of software show beside each row. */
export interface SoftwareVulnerabilities {
  vulnerabilities: ShownVulnerabilities | null;
  vulnerabilities_count: number;
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
  generated_cpe: string;
}

/** The same of titles: of their versions that hosts hold. */
export interface TitleVulnerabilities {
  vulnerable_versions_count: number;
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
}

/** The vulnerabilities of software rows, by id: two or three statements for a whole page. */
export async function vulnerabilitiesOfSoftware(
  db: Readable,
  ids: readonly number[],
  namesOnly = false,
): Promise<(id: number) => SoftwareVulnerabilities> {
  if (ids.length === 0) return () => ({ vulnerabilities: null, ...WITHOUT_EXPOSURE, generated_cpe: "" });
  const [counts, cpes, shown] = await Promise.all([
    exposuresOfSoftware(db, ids),
    generatedCpes(db, ids),
    shownOf(db, ids, namesOnly),
  ]);
  return (id) => ({
    vulnerabilities: shown.get(id) ?? null,
    ...presentExposure(counts.get(id)),
    generated_cpe: cpes.get(id) ?? "",
  });
}

const WITHOUT_EXPOSURE = { vulnerabilities_count: 0, cvss_score_max: null, cisa_known_exploit: false };

function presentExposure(row: SoftwareExposure | undefined): Omit<SoftwareVulnerabilities, "vulnerabilities" | "generated_cpe"> {
  if (row === undefined) return WITHOUT_EXPOSURE;
  const { vulnerabilities_count, cvss_score_max, exploited } = row;
  return { vulnerabilities_count, cvss_score_max: rounded(cvss_score_max), cisa_known_exploit: exploited };
}

/** A score as it was computed: the database keeps it as a four-byte number. */
function rounded(score: number | null): number | null {
  return score === null ? null : Math.round(score * 10) / 10;
}

/** What lists of titles tell of open vulnerabilities: one statement for a page. */
export async function exposuresOfTitles(db: Readable, ids: readonly number[]): Promise<(id: number) => TitleVulnerabilities> {
  const rows = ids.length === 0 ? [] : await titleExposures(db, ids);
  const byTitle = new Map(rows.map((row) => [row.title_id, row]));
  return (id) => {
    const row = byTitle.get(id);
    if (row === undefined) return { vulnerable_versions_count: 0, cvss_score_max: null, cisa_known_exploit: false };
    const { vulnerable_versions_count, cvss_score_max, exploited } = row;
    return { vulnerable_versions_count, cvss_score_max: rounded(cvss_score_max), cisa_known_exploit: exploited };
  };
}

async function shownOf(db: Readable, ids: readonly number[], namesOnly: boolean): Promise<Map<number, ShownVulnerabilities>> {
  if (namesOnly) {
    const named = Map.groupBy(await namesOfSoftware(db, ids, shareOf(NAMES_MAX, ids.length)), (row) => row.software_id);
    return new Map([...named].map(([id, rows]) => [id, rows.map(presentName)]));
  }
  const found = Map.groupBy(await findingsOfSoftware(db, ids, detailsPerRow(ids.length)), (row) => row.software_id);
  return new Map([...found].map(([id, rows]) => [id, rows.map(presentFinding)]));
}

function shownRows(rows: readonly FindingRow[], namesOnly: boolean): ShownVulnerabilities {
  return namesOnly ? rows.map(presentName) : rows.map(presentFinding);
}

function presentName({ cve, opened_at }: Pick<FindingRow, "cve" | "opened_at">): VulnerabilityName {
  return { cve, details_link: detailsLink(cve), created_at: opened_at.toISOString() };
}

/** Fleet's `generated_cpe` of software rows: of those that are looked up by CPE. */
export async function generatedCpes(db: Readable, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await cpesOf(db, "software_id", ids);
  return new Map(rows.map((row) => [row.id, cpeName(row)]));
}

/** The ids of the vulnerabilities of software rows; rows without any are left out. */
export async function cvesOf(db: Readable, ids: readonly number[]): Promise<Map<number, string[]>> {
  return ids.length === 0 ? new Map() : await cvesOfSoftware(db, ids, VULNERABILITIES_MAX);
}

/** What exports tell of software rows beside them. */
export async function softwareExposures(db: Readable, ids: readonly number[]): Promise<Map<number, SoftwareExposure>> {
  return await exposuresOfSoftware(db, ids);
}

/** What a host's list tells of the vulnerabilities that software has there. */
export interface HostExposure {
  vulnerabilities: string[] | null;
  vulnerabilities_count: number;
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
}

/** The vulnerabilities that software has on one host, as names, for the rows of a page. */
export async function exposuresOnHost(
  db: Readable,
  hostId: number,
  ids: readonly number[],
): Promise<(softwareId: number) => HostExposure> {
  const rows = await cvesOnHosts(db, [hostId], ids, VULNERABILITIES_MAX);
  const bySoftware = new Map(rows.map((row) => [row.software_id, row]));
  return (softwareId) => {
    const row = bySoftware.get(softwareId);
    if (row === undefined) return { vulnerabilities: null, ...WITHOUT_EXPOSURE };
    const { cves: vulnerabilities, total: vulnerabilities_count, cvss_score_max, exploited: cisa_known_exploit } = row;
    return { vulnerabilities, vulnerabilities_count, cvss_score_max: rounded(cvss_score_max), cisa_known_exploit };
  };
}

/** What exports tell of each software on each of some hosts. */
export async function exposuresOnHosts(db: Readable, hostIds: readonly number[]) {
  const rows = await cvesOnHosts(db, hostIds, null, VULNERABILITIES_MAX);
  const byKey = new Map(rows.map((row) => [`${row.host_id}/${row.software_id}`, row]));
  return (hostId: number, softwareId: number) => byKey.get(`${hostId}/${softwareId}`);
}

/** The vulnerabilities of all software of some hosts, by host and software. */
export async function vulnerabilitiesOnHosts(
  db: Readable,
  hostIds: readonly number[],
  namesOnly = false,
): Promise<(hostId: number, softwareId: number) => ShownVulnerabilities | null> {
  const perRow = namesOnly ? VULNERABILITIES_MAX : detailsPerRow(hostIds.length * 20);
  const rows = await findingsOnHosts(db, hostIds, null, perRow);
  const byKey = Map.groupBy(rows, (row) => `${row.host_id}/${row.software_id}`);
  return (hostId, softwareId) => {
    const found = byKey.get(`${hostId}/${softwareId}`);
    return found === undefined ? null : shownRows(found, namesOnly);
  };
}
