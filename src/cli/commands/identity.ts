import { Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type {
  ProductCorrection,
  ProductCorrectionPreview,
  ProductCorrectionRequest,
  UnidentifiedTitle,
} from "#protocol/rest/product-identities.ts";
import { connect } from "../connection.ts";
import type { ServerOptions } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printJson, printLines, printNote } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { readList } from "../pages.ts";
import { confirm } from "./confirm.ts";
import { addExamples } from "./describe.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

interface ChangeOptions extends ServerOptions {
  yes?: true;
  dryRun?: true;
  json?: true;
}

interface CorrectOptions extends ChangeOptions {
  version?: number;
  title?: number;
  nameLike?: string;
  source?: string;
  edition?: string;
  reason: string;
}

/** `muster identity`. */
export function addIdentity(program: Command, io: CliIo): void {
  const identity = program
    .command("identity")
    .summary("say which product software is")
    .description(
      "Which product of the vulnerability databases a piece of software is: what is not known, and corrections. Every correction is shown before it is made, and can be undone.",
    );
  addUnidentified(identity, io);
  addCorrect(
    identity,
    io,
    "is",
    "say that software is a product",
    "muster identity is acme:rocket --title 7 --reason 'the vendor says so'",
  );
  addCorrect(
    identity,
    io,
    "is-not",
    "say that software is not a product",
    "muster identity is-not bolt:bolt --name-like 'logi bolt*' --reason 'another product of the name'",
  );
  addCorrections(identity, io);
  addUndo(identity, io);
  addCatalogue(identity, io);
}

// pages follow one another by a cursor, which is of an order
const BY_HOSTS = { order_key: "hosts_count", order_direction: "desc" } as const;
const NEWEST = { order_key: "id", order_direction: "desc" } as const;

const UNIDENTIFIED: readonly Column<UnidentifiedTitle>[] = [
  { title: "TITLE", value: (row) => row.software_title_id, align: "right" },
  { title: "NAME", value: (row) => row.name, shrinks: true },
  { title: "VENDOR", value: (row) => row.vendor, shrinks: true },
  { title: "SOURCE", value: (row) => row.source },
  { title: "DEVICES", value: (row) => row.hosts_count, align: "right" },
  { title: "LIKE", value: (row) => row.suggestions.map(({ product }) => product).join(", "), shrinks: true },
];

function addUnidentified(identity: Command, io: CliIo): void {
  const command = identity
    .command("unidentified")
    .summary("list software whose product is not known")
    .description(
      "List titles whose product is not known, so that their vulnerabilities are not either, and products of like names.",
    )
    .option("--query <text>", "titles whose name has this in it");
  addLengthOptions(command).action(async () => {
    const options: LengthOptions & { query?: string } = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const search = options.query === undefined ? {} : { query: options.query };
    const answer = await readList("unidentified", options.all === true ? null : options.limit, (page) =>
      call(api.listUnidentifiedSoftware, { query: { ...search, ...BY_HOSTS, ...page } }),
    );
    printList(io, options, { answer, rows: answer.unidentified, columns: UNIDENTIFIED, noun: ["title", "titles"] });
  });
  addExamples(command, [["muster identity unidentified", "what to correct first"]]);
}

function addCorrect(identity: Command, io: CliIo, name: "is" | "is-not", summary: string, example: string): void {
  const command = identity
    .command(name)
    .summary(summary)
    .description(
      "Which software: one version, all versions of a title, or whatever has such a name. What it speaks of is matched again.",
    )
    .argument("[product...]", "products of CPE names, vendor:product; none with is-not: it is no product at all")
    .addOption(new Option("--version <id>", "one software version").argParser(parseId))
    .addOption(new Option("--title <id>", "all versions of this title").argParser(parseId))
    .option("--name-like <pattern>", "all software of this name without version; * stands for any characters")
    .option("--source <source>", "with --name-like: only of this source")
    .option("--edition <edition>", "its edition: esr, lts, continuous")
    .requiredOption("--reason <text>", "why; it is shown with every finding")
    .option("-y, --yes", "do not ask")
    .addOption(new Option("--dry-run", "show what would change, and change nothing").conflicts("yes"))
    .option("--json", "print the API's answer as JSON");
  command.action(async (products: string[]) => {
    const options: CorrectOptions = command.optsWithGlobals();
    await correct(io, options, requestOf(name === "is" ? "is" : "is_not", products, options));
  });
  addExamples(command, [[example, summary]]);
}

function requestOf(
  kind: ProductCorrectionRequest["kind"],
  products: string[],
  options: CorrectOptions,
): ProductCorrectionRequest {
  const { version, title, nameLike, source, edition, reason } = options;
  return {
    kind,
    products,
    reason,
    ...(version === undefined ? {} : { software_version_id: version }),
    ...(title === undefined ? {} : { software_title_id: title }),
    ...(nameLike === undefined ? {} : { name_pattern: nameLike }),
    ...(source === undefined ? {} : { source }),
    ...(edition === undefined ? {} : { edition }),
  };
}

async function correct(io: CliIo, options: CorrectOptions, correction: ProductCorrectionRequest): Promise<void> {
  const { call } = await connect(io, options);
  if (options.yes !== true) {
    const preview = await call(api.previewProductCorrection, { body: { correction } });
    if (options.dryRun === true && options.json === true) return printJson(io, preview);
    showPreview(io, preview);
    if (options.dryRun === true) return;
    await confirm(io, "Make this correction?");
  }
  const answer = await call(api.createProductCorrection, { body: { correction } });
  if (options.json === true) return printJson(io, answer);
  printLines(io, [visible(`${sentence(answer.correction)}.`)]);
  printNote(io, `muster identity undo ${answer.correction.id} takes it back.`);
}

/** On stderr: the correction itself is the result. */
function showPreview(io: CliIo, preview: ProductCorrectionPreview): void {
  const versions = formatCount(preview.software_count, "version", "versions");
  printNote(io, `It speaks of ${versions} on ${formatCount(preview.hosts_count, "device", "devices")}:`);
  for (const { name, version } of preview.software.slice(0, 10)) printNote(io, visible(`  ${name} ${version}`));
  const [come, go] = [preview.opened_count, preview.closed_count].map((n) => formatCount(n, "vulnerability", "vulnerabilities"));
  printNote(io, `${come} would come, ${go} would go${preview.complete ? "" : ", of the first versions alone"}.`);
  if (preview.unknown_products.length > 0) {
    printNote(io, visible(`No loaded vulnerability speaks of ${preview.unknown_products.join(", ")}.`));
  }
}

function sentence({ kind, products, software_name }: ProductCorrection): string {
  const named = products.length === 0 ? "any product" : products.join(", ");
  return `${software_name} is ${kind === "is" ? "" : "not "}${named}`;
}

const CORRECTIONS: readonly Column<ProductCorrection>[] = [
  { title: "ID", value: (row) => row.id, align: "right" },
  { title: "CORRECTION", value: sentence, shrinks: true },
  { title: "VERSIONS", value: (row) => row.software_count, align: "right" },
  { title: "DEVICES", value: (row) => row.hosts_count, align: "right" },
  { title: "REASON", value: (row) => row.reason, shrinks: true },
  { title: "BY", value: (row) => row.author_full_name ?? "", shrinks: true },
  { title: "MADE", value: (row) => row.created_at },
  { title: "UNDONE", value: (row) => row.undone_at ?? "" },
];

function addCorrections(identity: Command, io: CliIo): void {
  const command = identity
    .command("corrections")
    .summary("list corrections")
    .description("List corrections of products, newest first, those that were undone included.");
  addLengthOptions(command).action(async () => {
    const options: LengthOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const answer = await readList("corrections", options.all === true ? null : options.limit, (page) =>
      call(api.listProductCorrections, { query: { ...NEWEST, ...page } }),
    );
    printList(io, options, { answer, rows: answer.corrections, columns: CORRECTIONS, noun: ["correction", "corrections"] });
  });
}

function addUndo(identity: Command, io: CliIo): void {
  const command = identity
    .command("undo")
    .summary("take a correction back")
    .description("Take a correction back: its software is again what the catalogue says, software that came since as well.")
    .argument("<id>", "the correction, as `muster identity corrections` lists it", parseId)
    .option("-y, --yes", "do not ask")
    .option("--json", "print the API's answer as JSON");
  command.action(async (id: number) => {
    const options: ChangeOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    if (options.yes !== true) await confirm(io, `Undo correction ${id}?`);
    const answer = await call(api.undoProductCorrection, { params: { id } });
    if (options.json === true) return printJson(io, answer);
    printLines(io, [visible(`Undone: ${sentence(answer.correction)}.`)]);
  });
  addExamples(command, [["muster identity undo 3", "take correction 3 back"]]);
}

function addCatalogue(identity: Command, io: CliIo): void {
  const command = identity
    .command("catalogue")
    .summary("show how the catalogue of products was read")
    .description("Show how many products the catalogue knows, and the mistakes of local files.")
    .option("--json", "print the API's answer as JSON");
  command.action(async () => {
    const options: ChangeOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const answer = await call(api.getProductCatalogue, {});
    if (options.json === true) return printJson(io, answer);
    const lines = [
      `${answer.entries_count} entries, ${answer.products_count} of them products; vulnerabilities speak of ${answer.used_products_count} products.`,
      ...answer.local_files.map(({ file, products, error }) => `${file}: ${error ?? formatCount(products, "entry", "entries")}`),
    ];
    printLines(io, lines.map(visible));
  });
}
