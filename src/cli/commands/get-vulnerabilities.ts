import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listVulnerableSoftware } from "#protocol/rest/vulnerable-software.ts";
import type { Vulnerability, VulnerabilityOfSoftware } from "#protocol/rest/vulnerability-shapes.ts";
import { connect, type ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import { printJson, printLines, printNote, printTable } from "../output/print.ts";
import { formatPairs, type Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { findHost } from "./find-host.ts";
import { given } from "./given.ts";
import { addListOptions, orderOf, parseId } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";
import { parseCount } from "./software-filters.ts";
import {
  addFleetVulnerabilityFilters,
  addVulnerabilityFilters,
  fleetVulnerabilityFilterOf,
  type FleetVulnerabilityFilterOptions,
  vulnerabilityFilterOf,
  type VulnerabilityFilterOptions,
} from "./vulnerability-filters.ts";

export const VULNERABILITY_KEYS = [
  "cve",
  "cvss_score",
  "epss_probability",
  "cisa_known_exploit",
  "cve_published",
  "created_at",
  "host_count",
  "hosts_count",
  "software_count",
  "severity",
  "priority",
  "due_at",
] as const;
export const HOST_VULNERABILITY_KEYS = [
  "cve",
  "cvss_score",
  "epss_probability",
  "severity",
  "priority",
  "created_at",
  "software",
  "cve_published",
] as const;

export const VULNERABLE_SOFTWARE_KEYS = ["hosts_count", "name", "created_at"] as const;

const SHAPE: ListShape = {
  searches: "id or description",
  orderKeys: VULNERABILITY_KEYS,
  orderDefault: "priority",
  defaultDescending: true,
};
const SOFTWARE_SHAPE: ListShape = {
  searches: "name or version",
  orderKeys: VULNERABLE_SOFTWARE_KEYS,
  orderDefault: "hosts_count",
  defaultDescending: true,
};
const HOST_SHAPE: ListShape = { ...SHAPE, searches: "id, software or version", orderKeys: HOST_VULNERABILITY_KEYS };

type Judged = Pick<Vulnerability, "cve" | "severity" | "cvss_score" | "epss_probability" | "cisa_known_exploit" | "priority">;

const JUDGED: readonly Column<Judged>[] = [
  { title: "ID", value: (row) => row.cve },
  { title: "SEVERITY", value: (row) => row.severity },
  { title: "CVSS", value: (row) => row.cvss_score, align: "right" },
  { title: "EPSS", value: (row) => (row.epss_probability === null ? null : percent(row.epss_probability)), align: "right" },
  { title: "EXPLOITED", value: (row) => (row.cisa_known_exploit ? "yes" : "") },
  { title: "PRIORITY", value: (row) => row.priority, align: "right" },
];

const COLUMNS: readonly Column<Vulnerability>[] = [
  ...JUDGED,
  { title: "DEVICES", value: (row) => row.hosts_count, align: "right" },
  { title: "SINCE", value: (row) => formatTime(row.created_at) },
  { title: "DESCRIPTION", value: (row) => row.cve_description, shrinks: true },
];

type HostRow = VulnerabilityOfSoftware & { name: string; version: string; running: boolean | null };

const HOST_COLUMNS: readonly Column<HostRow>[] = [
  ...JUDGED,
  { title: "SOFTWARE", value: (row) => row.name, shrinks: true },
  { title: "VERSION", value: (row) => row.version, shrinks: true },
  { title: "STATE", value: (row) => (row.running === false ? `${row.state}, not running` : row.state) },
  { title: "FIXED IN", value: (row) => row.resolved_in_version, shrinks: true },
];

type SoftwareRow = EndpointResult<typeof listVulnerableSoftware>["software"][number];

/** What has it, and where: of the list and of one vulnerability. */
const AFFECTED_COLUMNS: readonly Column<
  Pick<SoftwareRow, "name" | "version" | "release" | "os_scope" | "source" | "state" | "resolved_in_version" | "hosts_count">
>[] = [
  { title: "SOFTWARE", value: (row) => row.name, shrinks: true },
  { title: "VERSION", value: fullVersion, shrinks: true },
  { title: "ON", value: (row) => row.os_scope },
  { title: "SOURCE", value: (row) => row.source },
  { title: "STATE", value: (row) => row.state },
  { title: "FIXED IN", value: (row) => row.resolved_in_version, shrinks: true },
  { title: "DEVICES", value: (row) => row.hosts_count, align: "right" },
];

const SOFTWARE_COLUMNS: readonly Column<SoftwareRow>[] = [
  { title: "ID", value: (row) => row.id, align: "right" },
  ...AFFECTED_COLUMNS,
];

function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}

/** `muster get vulnerabilities`, `vulnerability`, `vulnerable-software`, `host-vulnerabilities` and `exposure`. */
export function addGetVulnerabilities(get: Command, io: CliIo): void {
  addList(get, io);
  addOne(get, io);
  addSoftware(get, io);
  addHostList(get, io);
  addExposure(get, io);
}

function addList(get: Command, io: CliIo): void {
  const command = get
    .command("vulnerabilities")
    .summary("list vulnerabilities")
    .description("List the vulnerabilities that devices are exposed to, what to fix first at the top.");
  addFleetVulnerabilityFilters(addListOptions(command, SHAPE)).action(async () => {
    const options: ListOptions & FleetVulnerabilityFilterOptions = command.optsWithGlobals();
    const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
    const { call } = await connect(io, options);
    const query = {
      query: options.query,
      ...fleetVulnerabilityFilterOf(options),
      ...orderOf<(typeof VULNERABILITY_KEYS)[number]>(options, SHAPE, isDefaultOrder),
    };
    const answer = await readList("vulnerabilities", options.all === true ? null : options.limit, (page) =>
      call(api.listVulnerabilities, { query: { ...query, ...page } }),
    );
    const noun = ["vulnerability", "vulnerabilities"] as const;
    printList(io, options, { answer, rows: answer.vulnerabilities, columns: COLUMNS, noun });
  });
  addExamples(command, [
    ["muster get vulnerabilities --exploited", "those that are known to be exploited"],
    ["muster get vulnerabilities --severity critical --label 3 --all", "all critical ones on the devices of a label"],
  ]);
}

/** Software versions that the answer about one vulnerability has. */
const SOFTWARE_SHOWN = 1000;

/** As the source writes it: with the release, where there is one. */
function fullVersion(row: { version: string; release?: string }): string {
  return row.release === undefined ? row.version : `${row.version}-${row.release}`;
}

function addSoftware(get: Command, io: CliIo): void {
  const command = get
    .command("vulnerable-software")
    .summary("list the software that has a vulnerability")
    .description("List the software versions that have a vulnerability, on each kind of device, the most common first.")
    .argument("<id>", "CVE id, or the id of an advisory (GHSA-…)");
  addListOptions(command, SOFTWARE_SHAPE)
    .option("--state <list>", "only affected, unfixed, will_not_fix, deferred or possible; comma list")
    .option("--source <list>", "only software of these sources; comma list")
    .option("--label <id>", "only what devices of this label hold, counted within it", parseId)
    .action(async (cve: string) => {
      const options: ListOptions & { state?: string; source?: string; label?: number } = command.optsWithGlobals();
      const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
      const { call } = await connect(io, options);
      const order = orderOf<(typeof VULNERABLE_SOFTWARE_KEYS)[number]>(options, SOFTWARE_SHAPE, isDefaultOrder);
      const filter = { query: options.query, state: options.state, source: options.source, label_id: options.label };
      const answer = await readList("software", options.all === true ? null : options.limit, (page) =>
        call(api.listVulnerableSoftware, { params: { cve }, query: given({ ...filter, ...order, ...page }) }),
      );
      printList(io, options, { answer, rows: answer.software, columns: SOFTWARE_COLUMNS, noun: ["version", "versions"] });
    });
  addExamples(command, [["muster get vulnerable-software CVE-2024-3094 --all", "every version here that has it"]]);
}

function addOne(get: Command, io: CliIo): void {
  const command = get
    .command("vulnerability")
    .summary("show a vulnerability")
    .description("Show a vulnerability, and the software and operating systems here that have it.")
    .argument("<id>", "CVE id, or the id of an advisory (GHSA-…)")
    .option("--json", "the API's answer")
    .option("--wide", "do not cut values to fit the terminal");
  command.action(async (cve: string) => {
    const options: ServerOptions & { json?: true; wide?: true } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const answer = await call(api.getVulnerability, { params: { cve }, query: { known: true } });
    if (options.json === true) return printJson(io, answer);
    printLines(io, formatPairs(pairsOf(answer.vulnerability)));
    const software = answer.software ?? [];
    const systems = (answer.os_versions ?? []).map((os) => ({
      ...os,
      source: "operating_systems",
      os_scope: "",
      suppressed: null,
    }));
    const rows = [...systems, ...software].map((row) => ({ ...row, suppressed: row.suppressed ?? "" }));
    if (rows.length === 0) return printNote(io, "Nothing here has it.");
    printLines(io, [""]);
    printTable(io, [...AFFECTED_COLUMNS, { title: "SUPPRESSED", value: (row) => row.suppressed, shrinks: true }], rows, options);
    if (software.length === SOFTWARE_SHOWN) {
      printNote(
        io,
        `At most ${SOFTWARE_SHOWN} software versions are shown; muster get vulnerable-software ${cve} --all shows all.`,
      );
    }
  });
  addExamples(command, [["muster get vulnerability CVE-2024-3094", "what it is, and what has it"]]);
}

function pairsOf(row: Vulnerability): (readonly [string, string | number | null | undefined])[] {
  const exploited = row.details?.kev;
  return [
    ["ID", row.cve],
    ["Title", row.details?.title],
    ["Description", row.cve_description],
    ["Severity", row.severity],
    ["CVSS", row.cvss_score === null ? null : `${row.cvss_score} (${row.cvss_vector ?? ""})`],
    ["EPSS", row.epss_probability === null ? null : percent(row.epss_probability)],
    [
      "Exploited",
      exploited === undefined || exploited === null
        ? null
        : `since ${exploited.date_added}${exploited.ransomware ? ", by ransomware" : ""}`,
    ],
    ["Published", formatTime(row.cve_published)],
    ["Here since", formatTime(row.created_at)],
    ["Fix until", formatTime(row.due_at)],
    ["Priority", [row.priority, ...(row.details?.priority_reasons ?? [])].join("; ")],
    ["Devices", row.hosts_count],
    ["Link", row.details_link],
  ];
}

function addHostList(get: Command, io: CliIo): void {
  const command = get
    .command("host-vulnerabilities")
    .summary("list a device's vulnerabilities")
    .description("List a device's vulnerabilities, one row for each in each software.")
    .argument("<host>", "ID, or uuid, host name or serial number");
  addVulnerabilityFilters(addListOptions(command, HOST_SHAPE)).action(async (host: string) => {
    const options: ListOptions & VulnerabilityFilterOptions = command.optsWithGlobals();
    const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
    const connection = await connect(io, options);
    const { id } = await findHost(connection, host);
    const order = orderOf<(typeof HOST_VULNERABILITY_KEYS)[number]>(options, HOST_SHAPE, isDefaultOrder);
    const query = { query: options.query, ...vulnerabilityFilterOf(options), ...order };
    const answer = await readList("vulnerabilities", options.all === true ? null : options.limit, (page) =>
      connection.call(api.listHostVulnerabilities, { params: { id }, query: { ...query, ...page } }),
    );
    printList(io, options, { answer, rows: answer.vulnerabilities, columns: HOST_COLUMNS, noun: ["finding", "findings"] });
  });
  addExamples(command, [["muster get host-vulnerabilities web-01 --min-cvss 7", "what is severe on a device"]]);
}

function addExposure(get: Command, io: CliIo): void {
  const command = get
    .command("exposure")
    .summary("show open vulnerabilities by day")
    .description("Show how many vulnerabilities were open at the end of each day, by severity.")
    .option("--days <n>", "so many days back", parseCount, 30)
    .option("--json", "the API's answer");
  command.action(async () => {
    const options: ServerOptions & { days: number; json?: true } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const answer = await call(api.vulnerabilityExposure, { query: { days: options.days } });
    if (options.json === true) return printJson(io, answer);
    const names = ["critical", "high", "medium", "low", "unknown", "exploited", "opened", "closed"] as const;
    type Day = (typeof answer.days)[number];
    const numbers = names.map((name): Column<Day> => ({ title: name.toUpperCase(), value: (row) => row[name], align: "right" }));
    printTable(io, [{ title: "DAY", value: (row: Day) => row.day }, ...numbers], answer.days, {});
    if (answer.median_days_to_fix !== null) printNote(io, `Median days to fix: ${answer.median_days_to_fix}.`);
  });
  addExamples(command, [["muster get exposure --days 90", "the last quarter"]]);
}
