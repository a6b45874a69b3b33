import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { createDecision, previewDecision, VulnerabilityDecision } from "#protocol/rest/vulnerability-decisions.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { parseTo } from "../moment.ts";
import { formatCount, formatTime } from "../output/format.ts";
import { printJson, printLines, printNote } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { given } from "./given.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

/** `muster decisions`. */
export function addDecisions(program: Command, io: CliIo): void {
  const group = program
    .command("decisions")
    .summary("accept risks, call findings false positives")
    .description("Decide about vulnerabilities: what is decided is suppressed, with who, why and until when.");
  addList(group, io);
  addMake(group, io, "accept", "accepted_risk");
  addMake(group, io, "false-positive", "false_positive");
  addRevoke(group, io);
}

interface MakeOptions extends ServerOptions {
  reason: string;
  softwareVersion?: number;
  os?: number;
  title?: number;
  host?: number;
  label?: number;
  until?: string;
  reopenEpss?: number;
  reopenKev?: boolean;
  reopenSeverity?: true;
  reopenFix?: true;
  yes?: true;
  dryRun?: true;
  json?: true;
}

function addMake(group: Command, io: CliIo, name: string, kind: VulnerabilityDecision["kind"]): void {
  const what =
    kind === "accepted_risk" ? "accept the risk of a vulnerability" : "call findings of a vulnerability false positives";
  const command = group
    .command(name)
    .summary(what)
    .description(`${what[0]?.toUpperCase()}${what.slice(1)}: in whatever has it, everywhere, unless options say less.`)
    .argument("<cve>", "the vulnerability")
    .requiredOption("--reason <text>", "why")
    .addOption(new Option("--software-version <id>", "only this version").argParser(parseId).conflicts(["os", "title"]))
    .addOption(new Option("--os <id>", "only this version of an operating system").argParser(parseId))
    .addOption(new Option("--title <id>", "all versions of this title").argParser(parseId).conflicts("os"))
    .addOption(new Option("--host <id>", "only on this device").argParser(parseId).conflicts("label"))
    .addOption(new Option("--label <id>", "only on the devices of this label").argParser(parseId))
    .addOption(new Option("--until <time>", "it ends then (2026-01-31 or 2026-01-31T10:00:00Z)").argParser(parseTo))
    .addOption(new Option("--reopen-epss <probability>", "it ends when EPSS reaches this, 0 to 1").argParser(Number))
    .option("--no-reopen-kev", "it stays even when the vulnerability becomes known to be exploited")
    .option("--reopen-severity", "it ends when the severity rises")
    .option("--reopen-fix", "it ends when a fix appears")
    .option("-y, --yes", "do not ask")
    .addOption(new Option("--dry-run", "show what would be suppressed, and change nothing").conflicts("yes"))
    .option("--json", "print the API's answer as JSON")
    .action(async (cve: string) => make(io, command.optsWithGlobals(), cve, kind));
  addExamples(command, [[`muster decisions ${name} CVE-2026-1234 --reason "not reachable" --title 7 --until 2027-01-31`, what]]);
}

async function make(io: CliIo, options: MakeOptions, cve: string, kind: VulnerabilityDecision["kind"]): Promise<void> {
  const { call } = await connect(io, options);
  const scope = given({
    cve,
    software_version_id: options.softwareVersion,
    os_version_id: options.os,
    software_title_id: options.title,
    host_id: options.host,
    label_id: options.label,
  }) as EndpointInput<typeof previewDecision>["body"];
  if (options.yes !== true) {
    const preview = await call(api.previewDecision, { body: scope });
    if (options.dryRun === true && options.json === true) return printJson(io, preview);
    showPreview(io, preview);
    if (options.dryRun === true) return;
    await confirm(io, "Make this decision?");
  }
  const body = given({
    ...scope,
    kind,
    reason: options.reason,
    expires_at: options.until,
    reopen_epss: options.reopenEpss,
    reopen_kev: options.reopenKev,
    reopen_severity: options.reopenSeverity,
    reopen_fix: options.reopenFix,
  }) as EndpointInput<typeof createDecision>["body"];
  const answer = await call(api.createDecision, { body });
  if (options.json === true) return printJson(io, answer);
  const { id, findings_count } = answer.decision;
  printLines(io, [`Decision ${id}: ${formatCount(findings_count, "finding", "findings")} suppressed.`]);
  printNote(io, `muster decisions revoke ${id} takes it back.`);
}

function showPreview(io: CliIo, preview: EndpointResult<typeof previewDecision>): void {
  for (const { name, version, os_scope } of preview.software.slice(0, 20)) {
    printNote(io, `  ${visible(`${name} ${version}${os_scope === "" ? "" : ` on ${os_scope}`}`)}`);
  }
  const findings = formatCount(preview.findings_count, "finding", "findings");
  const devices = formatCount(preview.hosts_count, "device", "devices");
  printNote(io, `${findings} on ${devices} will be suppressed; ${preview.suppressed_count} are already.`);
}

async function confirm(io: CliIo, question: string): Promise<void> {
  const answer = await io.ask(`${question} [y/N] `, { hidden: false });
  if (answer === null)
    throw new CliError(EXIT.usage, "Nobody can be asked here: add --yes, or --dry-run to see what would change.");
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.failure, "Nothing was changed.");
}

const COLUMNS: readonly Column<VulnerabilityDecision>[] = [
  { title: "ID", value: (d) => d.id, align: "right" },
  { title: "CVE", value: (d) => d.cve },
  { title: "DECISION", value: (d) => (d.kind === "accepted_risk" ? "risk accepted" : "false positive") },
  { title: "SOFTWARE", value: (d) => (d.software_version ?? d.os_version ?? d.software_title)?.name ?? "all", shrinks: true },
  { title: "WHERE", value: (d) => (d.host ?? d.label)?.name ?? "everywhere", shrinks: true },
  { title: "REASON", value: (d) => d.reason, shrinks: true },
  { title: "BY", value: (d) => d.author_full_name ?? "", shrinks: true },
  { title: "UNTIL", value: (d) => formatTime(d.expires_at) },
  { title: "ENDED", value: (d) => d.ended_reason ?? "" },
];

function addList(group: Command, io: CliIo): void {
  const command = group
    .command("list")
    .summary("list decisions")
    .description("List decisions, newest first, those that ended included.")
    .option("--cve <cve>", "only about this vulnerability")
    .option("--active", "only those that hold");
  addLengthOptions(command).action(async () => {
    const options: LengthOptions & { cve?: string; active?: true } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const filter = given({ cve: options.cve, active: options.active });
    const answer = await readList("decisions", options.all === true ? null : options.limit, async (page) =>
      call(api.listDecisions, { query: { ...filter, order_key: "id", order_direction: "desc", ...page } }),
    );
    printList(io, options, { answer, rows: answer.decisions, columns: COLUMNS, noun: ["decision", "decisions"] });
  });
}

function addRevoke(group: Command, io: CliIo): void {
  const command = group
    .command("revoke")
    .summary("take a decision back")
    .description("End a decision now: its findings are open again.")
    .argument("<id>", "the decision, as `muster decisions list` shows it", parseId)
    .option("--note <text>", "why")
    .option("--json", "print the API's answer as JSON")
    .action(async (id: number) => {
      const options: ServerOptions & { note?: string; json?: true } = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const body = options.note === undefined ? {} : { note: options.note };
      const answer = await call(api.revokeDecision, { params: { id }, body });
      if (options.json === true) return printJson(io, answer);
      printLines(io, [`Decision ${id} about ${visible(answer.decision.cve)} is revoked.`]);
    });
  addExamples(command, [["muster decisions revoke 3", "take decision 3 back"]]);
}
