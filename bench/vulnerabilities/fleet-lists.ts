import {
  FINDING_STATES,
  HOST_VULNERABILITY_ORDER_KEYS,
  SEVERITIES,
  VULNERABILITY_ORDER_KEYS,
} from "#protocol/rest/vulnerabilities.ts";
import { VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import type { ListStage, TimedList } from "../scale/list-speed.ts";

const API = "/api/v1/fleet";
/** Milliseconds that 95 of 100 answers stay below. */
const P95_MAX = 300;

type Named = readonly [name: string, path: string];

/** Every list and filter that tells of vulnerabilities, over the fleet that is there. */
export async function vulnerabilityLists(stage: ListStage): Promise<TimedList[]> {
  const one = async (text: string) => Number((await stage.query<{ id: string }>(text))[0]?.id ?? 0);
  const names = async (text: string) => (await stage.query<{ cve: string }>(text)).map(({ cve }) => cve);
  const label = await one("SELECT label_id AS id FROM label_counts ORDER BY hosts_count DESC OFFSET 1 LIMIT 1");
  const widest = await names("SELECT cve FROM vulnerability_exposures ORDER BY hosts_count DESC, cve LIMIT 1");
  const rare = await names(
    "SELECT cve FROM vulnerability_exposures WHERE hosts_count < 500 ORDER BY hosts_count DESC, cve LIMIT 1",
  );
  const spread = await names("SELECT cve FROM vulnerability_exposures ORDER BY software_count DESC, cve LIMIT 1");
  const host = await one("SELECT id FROM hosts ORDER BY software_count DESC LIMIT 1");
  const typical = await one("SELECT id FROM hosts ORDER BY abs(software_count - 700), id DESC LIMIT 1");
  const version = await one("SELECT software_id AS id FROM software_exposures ORDER BY vulnerabilities_count DESC LIMIT 1");
  const title = await one(
    "SELECT w.title_id AS id FROM software_exposures e JOIN software w ON w.id = e.software_id ORDER BY vulnerabilities_count DESC LIMIT 1",
  );
  const lists: Named[] = [
    ...fleetLists(label, { version, title }),
    ...[
      ["of most hosts", widest],
      ["of few hosts", rare],
      ["of most software", spread],
    ].flatMap(([name, [cve = ""] = []]) => oneVulnerability(String(name), cve)),
    ...[
      ["fullest", host],
      ["typical", typical],
    ].flatMap(([name, id]) => oneHost(String(name), Number(id))),
    ...softwareLists(label, { version, title }),
  ];
  return lists.map(([name, path]) => ({ name, path: `${API}${path}`, p95Max: P95_MAX }));
}

function bothWays(keys: readonly string[]): [string, string][] {
  return keys.flatMap((key) =>
    ["asc", "desc"].map((way): [string, string] => [`by ${key} ${way}`, `order_key=${key}&order_direction=${way}`]),
  );
}

function fleetLists(label: number, { version, title }: { version: number; title: number }): Named[] {
  const filters: [string, string][] = [
    ["first page", ""],
    ["fifth page", "page=4"],
    ...SEVERITIES.map((severity): [string, string] => [`severity ${severity}`, `severity=${severity}`]),
    ...FINDING_STATES.map((state): [string, string] => [`state ${state}`, `state=${state}`]),
    ["CVSS 9 and more", "min_cvss_score=9&order_key=epss_probability&order_direction=desc"],
    ["EPSS 10 % and more", "min_epss_probability=0.1"],
    ["known to be exploited", "exploit=true"],
    ["with a public exploit", "public_exploit=true"],
    ["used by ransomware", "ransomware=true"],
    ["overdue", "overdue=true&order_key=due_at&order_direction=asc"],
    ["suppressed", "suppressed=yes"],
    ["of deb packages", "source=deb_packages"],
    ["of programs, critical", "source=programs&severity=critical"],
    ["of operating systems", "source=operating_systems"],
    ["of a title", `software_title_id=${title}`],
    ["of a version", `software_version_id=${version}`],
    ["new since yesterday", `created_since=${new Date(Date.now() - 86_400_000).toISOString()}`],
    ["published this year", "published_since=2026-01-01T00:00:00Z"],
    ["searched by id", "query=CVE-2024-3"],
    ["searched by a word", "query=overflow"],
    ["in a label", `label_id=${label}`],
    ["in a label, by hosts_count", `label_id=${label}&order_key=hosts_count&order_direction=desc`],
    ["in a label, critical", `label_id=${label}&severity=critical&order_key=priority&order_direction=desc`],
  ];
  return [
    ...[...bothWays(VULNERABILITY_ORDER_KEYS), ...filters].map(([name, query]): Named => [
      `vulnerabilities ${name}`,
      `/vulnerabilities?per_page=50&${query}`,
    ]),
    ["exposure over time", "/vulnerability_exposure"],
    ["what to fix first", "/vulnerabilities/fix_first?per_page=50"],
    ["what to fix first, of programs", "/vulnerabilities/fix_first?per_page=50&source=programs"],
    ["times to fix", "/vulnerabilities/sla"],
    ["feeds", "/vulnerability_feeds"],
  ];
}

function oneVulnerability(name: string, cve: string): Named[] {
  return [
    [`a vulnerability ${name}`, `/vulnerabilities/${cve}`],
    [`its hosts, ${name}`, `/hosts?vulnerability=${cve}&per_page=50`],
    [`its hosts by name, ${name}`, `/hosts?vulnerability=${cve}&per_page=50&order_key=display_name&order_direction=asc`],
    [`its hosts counted, ${name}`, `/hosts/count?vulnerability=${cve}`],
    [`its history, ${name}`, `/vulnerabilities/${cve}/history`],
    [`its priority, ${name}`, `/vulnerabilities/${cve}/priority`],
  ];
}

function oneHost(name: string, id: number): Named[] {
  return [
    ...bothWays(HOST_VULNERABILITY_ORDER_KEYS).map(([order, query]): Named => [
      `of the ${name} host ${order}`,
      `/hosts/${id}/vulnerabilities?per_page=50&${query}`,
    ]),
    [`of the ${name} host, critical`, `/hosts/${id}/vulnerabilities?per_page=50&severity=critical`],
    [`of the ${name} host, affected`, `/hosts/${id}/vulnerabilities?per_page=50&state=affected`],
    [`health of the ${name} host`, `/hosts/${id}/health`],
    [`the ${name} host`, `/hosts/${id}?exclude_software=true`],
    [`software of the ${name} host`, `/hosts/${id}/software?per_page=50`],
    [`software of the ${name} host, vulnerable`, `/hosts/${id}/software?per_page=50&vulnerable=true`],
  ];
}

function softwareLists(label: number, { version, title }: { version: number; title: number }): Named[] {
  const filters: [string, string][] = [
    ["vulnerable", "vulnerable=true"],
    ["vulnerable, by name", "vulnerable=true&order_key=name&order_direction=asc"],
    ["vulnerable, in a label", `vulnerable=true&label_id=${label}`],
    ["exploited", "vulnerable=true&exploit=true"],
    ["CVSS 9 and more", "vulnerable=true&min_cvss_score=9"],
  ];
  return [
    ...filters.map(([name, query]): Named => [`titles ${name}`, `/software/titles?per_page=50&${query}`]),
    ...filters.map(([name, query]): Named => [`versions ${name}`, `/software/versions?per_page=50&${query}`]),
    ...bothWays(VERSION_ORDER_KEYS).map(([order, query]): Named => [
      `versions vulnerable ${order}`,
      `/software/versions?per_page=50&vulnerable=true&${query}`,
    ]),
    ["the title with most", `/software/titles/${title}`],
    ["the version with most", `/software/versions/${version}`],
    ["operating systems", "/os_versions"],
    ["hosts with issues", "/hosts?per_page=50"],
    ["hosts with software and issues", "/hosts?per_page=20&populate_software=true"],
  ];
}
