import {
  FINDING_STATES,
  HOST_VULNERABILITY_ORDER_KEYS,
  SEVERITIES,
  VULNERABILITY_ORDER_KEYS,
} from "#protocol/rest/vulnerabilities.ts";
import { HOST_ORDER_KEYS } from "#protocol/rest/hosts.ts";
import { OS_VERSION_ORDER_KEYS, TITLE_ORDER_KEYS, VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
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
  const small = await one("SELECT label_id AS id FROM label_counts WHERE hosts_count > 0 ORDER BY hosts_count, label_id LIMIT 1");
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
    ...inLabel("a small label", small),
    ...[
      ["of most hosts", widest],
      ["of few hosts", rare],
      ["of most software", spread],
    ].flatMap(([name, [cve = ""] = []]) => oneVulnerability(String(name), cve)),
    ...[
      ["fullest", host],
      ["typical", typical],
    ].flatMap(([name, id]) => oneHost(String(name), Number(id))),
    ...widestHosts(widest[0] ?? "", label),
    ...softwareLists(label, { version, title }),
    ...evidence({ cve: spread[0] ?? "", version, host }),
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
    ["searched by words that few have", "query=heap%20overflow%20libtiff"],
  ];
  return [
    ...[...bothWays(VULNERABILITY_ORDER_KEYS), ...filters].map(([name, query]): Named => [
      `vulnerabilities ${name}`,
      `/vulnerabilities?per_page=50&${query}`,
    ]),
    ...inLabel("a label", label),
    ["exposure over time", "/vulnerability_exposure"],
    ["summary of hosts", "/host_summary"],
    ["what to fix first", "/vulnerabilities/fix_first?per_page=50"],
    ["what to fix first, of programs", "/vulnerabilities/fix_first?per_page=50&source=programs"],
    ["times to fix", "/vulnerabilities/sla"],
    ["feeds", "/vulnerability_feeds"],
  ];
}

function inLabel(name: string, label: number): Named[] {
  return [
    [`vulnerabilities in ${name}`, `/vulnerabilities?per_page=50&label_id=${label}`],
    ...bothWays(["hosts_count", "priority", "cve"]).map(([order, query]): Named => [
      `vulnerabilities in ${name} ${order}`,
      `/vulnerabilities?per_page=50&label_id=${label}&${query}`,
    ]),
    [`vulnerabilities in ${name}, critical`, `/vulnerabilities?per_page=50&label_id=${label}&severity=critical`],
    [`vulnerabilities in ${name}, searched`, `/vulnerabilities?per_page=50&label_id=${label}&query=overflow`],
  ];
}

/** The hosts of the vulnerability that most hosts have, in every order, and with other filters. */
function widestHosts(cve: string, label: number): Named[] {
  const filters: [string, string][] = [
    ["fifth page", "page=4"],
    ["in a label", `label_id=${label}`],
    ["searched", "query=scale-77"],
    ["online", "status=online"],
    ["of Linux", "platform=linux"],
  ];
  return [...bothWays(HOST_ORDER_KEYS), ...filters].map(([name, query]): Named => [
    `hosts of the commonest vulnerability ${name}`,
    `/hosts?vulnerability=${cve}&per_page=50&${query}`,
  ]);
}

/** Why there is a finding, and what else records could speak of. */
function evidence({ cve, version, host }: { cve: string; version: number; host: number }): Named[] {
  return [
    ["evidence of one version", `/vulnerabilities/${cve}/explanation?software_version_id=${version}`],
    ["evidence on one host", `/vulnerabilities/${cve}/explanation?host_id=${host}`],
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
    ...bothWays(TITLE_ORDER_KEYS).map(([order, query]): Named => [
      `titles vulnerable ${order}`,
      `/software/titles?per_page=50&vulnerable=true&${query}`,
    ]),
    ["versions vulnerable, searched", "/software/versions?per_page=50&vulnerable=true&query=lib"],
    ["versions vulnerable, ids only", "/software/versions?per_page=50&vulnerable=true&without_vulnerability_details=true"],
    ["versions with one vulnerability's beginning", "/software/versions?per_page=50&query=CVE-2024-2"],
    ["the title with most", `/software/titles/${title}`],
    ["the version with most", `/software/versions/${version}`],
    ["operating systems", "/os_versions"],
    ...bothWays(OS_VERSION_ORDER_KEYS).map(([order, query]): Named => [
      `operating systems ${order}`,
      `/os_versions?per_page=20&${query}`,
    ]),
    ["hosts with issues", "/hosts?per_page=50"],
    ["hosts with all their software, 20 of them", "/hosts?per_page=20&populate_software=true"],
  ];
}
