import { basename } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printJson, printLines, printNote } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { saveDownload } from "../output/save-download.ts";
import { visible } from "../output/visible.ts";
import { readList } from "../pages.ts";
import type { VexDocument } from "#protocol/rest/vex.ts";
import { addExamples } from "./describe.ts";
import { readJson } from "./label.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

/** `muster vex`. */
export function addVex(program: Command, io: CliIo): void {
  const group = program
    .command("vex")
    .summary("import and export VEX documents")
    .description("Statements on what is exploitable: OpenVEX, CSAF VEX and CycloneDX VEX, in both directions.");
  addImport(group, io);
  addExport(group, io);
  addList(group, io);
  addDelete(group, io);
}

function addImport(group: Command, io: CliIo): void {
  const command = group
    .command("import")
    .summary("import a VEX document")
    .description("Import a document: what it calls not affected, fixed or false is suppressed, with the document as the source.")
    .argument("<file>", "OpenVEX, CSAF or CycloneDX as JSON; - reads the standard input")
    .option("--json", "print the API's answer as JSON")
    .action(async (file: string) => {
      const options: ServerOptions & { json?: true } = command.optsWithGlobals();
      const document = await readJson(io, file);
      const { call } = await connect(io, options);
      const name = file === "-" ? {} : { name: basename(file) };
      const answer = await call(api.importVex, { body: { ...name, document } });
      if (options.json === true) return printJson(io, answer);
      for (const reason of answer.skipped) printNote(io, visible(`Left out: ${reason}.`));
      const { id, statements_count } = answer.document;
      const suppressed = formatCount(answer.suppressed_count, "finding", "findings");
      printLines(io, [
        `VEX document ${id}: ${formatCount(statements_count, "statement", "statements")}, ${suppressed} suppressed.`,
      ]);
    });
  addExamples(command, [["muster vex import vendor.openvex.json", "take over what a vendor says"]]);
}

function addExport(group: Command, io: CliIo): void {
  const command = group
    .command("export")
    .summary("export your decisions as VEX")
    .description("Write the decisions that hold as one VEX document, which says what it leaves out.")
    .addOption(
      new Option("--format <format>", "format of the document").choices(["openvex", "csaf", "cyclonedx"]).default("openvex"),
    )
    .option("--author <name>", "who publishes it", "Muster")
    .option("-o, --output <file>", "write to this file; without it, to standard output")
    .action(async () => {
      const options: ServerOptions & { format: "openvex" | "csaf" | "cyclonedx"; author: string; output?: string } =
        command.optsWithGlobals();
      const { download } = await connect(io, options);
      const query = { format: options.format, author: options.author };
      await saveDownload(io, await download(api.exportVex, { query }), options.output);
    });
  addExamples(command, [["muster vex export --format csaf --author 'Example Ltd.' -o decisions.json", "for others to import"]]);
}

const COLUMNS: readonly Column<VexDocument>[] = [
  { title: "ID", value: (d) => d.id, align: "right" },
  { title: "NAME", value: (d) => d.name, shrinks: true },
  { title: "AUTHOR", value: (d) => d.author, shrinks: true },
  { title: "FORMAT", value: (d) => d.format },
  { title: "STATEMENTS", value: (d) => d.statements_count, align: "right" },
  { title: "SUPPRESSED", value: (d) => d.suppressed_count, align: "right" },
];

function addList(group: Command, io: CliIo): void {
  const command = group.command("list").summary("list VEX documents").description("List imported VEX documents, newest first.");
  addLengthOptions(command).action(async () => {
    const options: LengthOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const answer = await readList("vex_documents", options.all === true ? null : options.limit, async (page) =>
      call(api.listVexDocuments, { query: { order_key: "id", order_direction: "desc", ...page } }),
    );
    printList(io, options, { answer, rows: answer.vex_documents, columns: COLUMNS, noun: ["document", "documents"] });
  });
}

function addDelete(group: Command, io: CliIo): void {
  const command = group
    .command("delete")
    .summary("delete a VEX document")
    .description("Delete an imported document: what it suppressed is open again, unless another one speaks of it.")
    .argument("<id>", "the document, as `muster vex list` shows it", parseId)
    .action(async (id: number) => {
      const { call } = await connect(io, command.optsWithGlobals());
      await call(api.deleteVexDocument, { params: { id } });
      printLines(io, [`VEX document ${id} is deleted.`]);
    });
  addExamples(command, [["muster vex delete 3", "no longer heed document 3"]]);
}
