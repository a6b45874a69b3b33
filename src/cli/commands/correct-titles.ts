import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { describeCorrection } from "#domain/software/describe-correction.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { previewTitleCorrection, TitleCorrection, TitleCorrectionRequest } from "#protocol/rest/title-corrections.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printJson, printLines, printNote, printTable } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { confirm } from "./confirm.ts";
import { addExamples } from "./describe.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

interface CorrectOptions extends ServerOptions {
  yes?: true;
  dryRun?: true;
  json?: true;
}

/** `muster titles`. */
export function addTitles(program: Command, io: CliIo): void {
  const titles = program
    .command("titles")
    .summary("merge, split and rename software titles")
    .description("Correct how software is grouped into titles. Every correction is shown before it is made, and can be undone.");
  addMerge(titles, io);
  addSplit(titles, io);
  addRename(titles, io);
  addCorrections(titles, io);
  addUndo(titles, io);
}

function addMerge(titles: Command, io: CliIo): void {
  const command = titles
    .command("merge")
    .summary("make titles part of another one")
    .description("All software of these titles belongs to another title from now on, what comes later included.")
    .argument("<id...>", "titles that end", collectIds)
    .addOption(new Option("--into <id>", "the title that stays").argParser(parseId).makeOptionMandatory());
  addConfirmed(command).action(async (title_ids: number[]) => {
    const options: CorrectOptions & { into: number } = command.optsWithGlobals();
    await correct(io, options, { type: "merge", title_ids, into_title_id: options.into });
  });
  addExamples(command, [["muster titles merge 12 40 --into 7", "Zoom and Zoom Meetings become part of Zoom Workplace"]]);
}

interface SplitOptions extends CorrectOptions {
  name: string;
  nameStartsWith?: string;
  versionStartsWith?: string;
  vendor?: string;
}

function addSplit(titles: Command, io: CliIo): void {
  const command = titles
    .command("split")
    .summary("make a title of some software of another one")
    .description("Software of a title that meets every given condition becomes a title of its own, what comes later included.")
    .argument("<id>", "the title that loses it", parseId)
    .requiredOption("--name <name>", "name of the new title")
    .option("--name-starts-with <text>", "software whose name begins so")
    .option("--version-starts-with <text>", "software whose version begins so")
    .option("--vendor <vendor>", "software of exactly this vendor");
  addConfirmed(command).action(async (title_id: number) => {
    const options: SplitOptions = command.optsWithGlobals();
    const { name, nameStartsWith, versionStartsWith, vendor } = options;
    await correct(io, options, {
      type: "split",
      title_id,
      name,
      ...(nameStartsWith === undefined ? {} : { name_starts_with: nameStartsWith }),
      ...(versionStartsWith === undefined ? {} : { version_starts_with: versionStartsWith }),
      ...(vendor === undefined ? {} : { vendor }),
    });
  });
  addExamples(command, [
    ['muster titles split 7 --name "Player (Acme)" --vendor Acme', "two products of one name become two titles"],
  ]);
}

function addRename(titles: Command, io: CliIo): void {
  const command = titles
    .command("rename")
    .summary("give a title another name")
    .description("Give a title another name; it stays whatever its software is called.")
    .argument("<id>", "the title", parseId)
    .argument("<name>", "its new name");
  addConfirmed(command).action(async (title_id: number, name: string) => {
    await correct(io, command.optsWithGlobals(), { type: "rename", title_id, name });
  });
  addExamples(command, [['muster titles rename 7 "Zoom"', "call title 7 Zoom"]]);
}

/** Options of a command that shows what it will do and asks. */
function addConfirmed(command: Command): Command {
  return command
    .option("-y, --yes", "do not ask")
    .addOption(new Option("--dry-run", "show what would change, and change nothing").conflicts("yes"))
    .option("--json", "print the API's answer as JSON");
}

async function correct(io: CliIo, options: CorrectOptions, correction: TitleCorrectionRequest): Promise<void> {
  const { call } = await connect(io, options);
  if (options.yes !== true) {
    const preview = await call(api.previewTitleCorrection, { body: { correction } });
    if (options.dryRun === true && options.json === true) return printJson(io, preview);
    showPreview(io, preview);
    if (options.dryRun === true) return;
    await confirm(io, "Make this correction?");
  }
  const answer = await call(api.correctTitles, { body: { correction } });
  if (options.json === true) return printJson(io, answer);
  const { id } = answer.correction;
  printLines(io, [visible(`${describeCorrection(answer.correction)}.`)]);
  printNote(io, `muster titles undo ${id} takes it back.`);
}

type Preview = EndpointResult<typeof previewTitleCorrection>;
type PreviewRow = Preview["before"][number] & { when: string };

const PREVIEW_COLUMNS: readonly Column<PreviewRow>[] = [
  { title: "", value: (row) => row.when },
  { title: "ID", value: (row) => row.id ?? "new", align: "right" },
  { title: "NAME", value: (row) => row.name, shrinks: true },
  { title: "VERSIONS", value: (row) => row.versions_count, align: "right" },
  { title: "DEVICES", value: (row) => row.hosts_count, align: "right" },
];

/** On stderr: the correction itself is the result. */
function showPreview(io: CliIo, preview: Preview): void {
  const rows = [
    ...preview.before.map((title) => ({ ...title, when: "now" })),
    ...preview.after.map((title) => ({ ...title, when: "after" })),
  ];
  printTable({ ...io, stdout: io.stderr }, PREVIEW_COLUMNS, rows, {});
  const versions = formatCount(preview.versions_count, "version", "versions");
  printNote(io, `${versions} on ${formatCount(preview.hosts_count, "device", "devices")} will move.`);
}

const CORRECTION_COLUMNS: readonly Column<TitleCorrection>[] = [
  { title: "ID", value: (c) => c.id, align: "right" },
  { title: "CORRECTION", value: (c) => describeCorrection(c), shrinks: true },
  { title: "VERSIONS", value: (c) => c.versions_count, align: "right" },
  { title: "DEVICES", value: (c) => c.hosts_count, align: "right" },
  { title: "BY", value: (c) => c.actor_full_name ?? "", shrinks: true },
  { title: "MADE", value: (c) => c.created_at },
  { title: "UNDONE", value: (c) => c.undone_at ?? "" },
];

function addCorrections(titles: Command, io: CliIo): void {
  const command = titles
    .command("corrections")
    .summary("list corrections")
    .description("List the corrections of titles, newest first, those that were undone included.")
    .addOption(new Option("--title <id>", "only those of this title").argParser(parseId));
  addLengthOptions(command).action(async () => {
    const options: LengthOptions & { title?: number } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const read = async (page: number, per_page: number) =>
      call(api.listTitleCorrections, {
        query: { page, per_page, ...(options.title === undefined ? {} : { title_id: options.title }) },
      });
    const answer = await readPages(read, options);
    printList(io, options, {
      answer,
      rows: answer.corrections,
      columns: CORRECTION_COLUMNS,
      noun: ["correction", "corrections"],
    });
  });
}

const PAGE_ROWS = 1000;

async function readPages<A extends { corrections: TitleCorrection[]; meta: { has_next_results: boolean } }>(
  read: (page: number, perPage: number) => Promise<A>,
  options: LengthOptions,
): Promise<A> {
  const first = await read(0, options.all === true ? PAGE_ROWS : Math.min(options.limit, PAGE_ROWS));
  let answer = first;
  for (let page = 1; options.all === true && answer.meta.has_next_results; page++) {
    // oxlint-disable-next-line no-await-in-loop -- page after page
    const next = await read(page, PAGE_ROWS);
    answer = { ...next, corrections: [...answer.corrections, ...next.corrections] };
  }
  return answer;
}

function addUndo(titles: Command, io: CliIo): void {
  const command = titles
    .command("undo")
    .summary("take a correction back")
    .description("Take a correction back: its titles are again as the rules make them, for software that came since as well.")
    .argument("<id>", "the correction, as `muster titles corrections` lists it", parseId)
    .option("-y, --yes", "do not ask")
    .option("--json", "print the API's answer as JSON");
  command.action(async (id: number) => {
    const options: CorrectOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    if (options.yes !== true) await confirm(io, `Undo correction ${id}?`);
    const answer = await call(api.undoTitleCorrection, { params: { id } });
    if (options.json === true) return printJson(io, answer);
    printLines(io, [visible(`Undone: ${describeCorrection(answer.correction)}.`)]);
  });
  addExamples(command, [["muster titles undo 3", "take correction 3 back"]]);
}

function collectIds(text: string, before: number[] | undefined): number[] {
  const id = parseId(text);
  if (before?.includes(id) === true) throw new InvalidArgumentError(`Title ${id} is named twice.`);
  return [...(before ?? []), id];
}
