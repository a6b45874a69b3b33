import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { Label } from "#protocol/rest/labels.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addListOptions, orderOf } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";

// as in get-hosts.ts: a test compares them with the protocol
export const LABEL_KEYS = ["name", "id", "created_at", "host_count"] as const;
type LabelKey = (typeof LABEL_KEYS)[number];

const SHAPE: ListShape = { searches: "name or description", orderKeys: LABEL_KEYS, orderDefault: "name" };

const COLUMNS: readonly Column<Label>[] = [
  { title: "ID", value: (label) => label.id, align: "right" },
  { title: "NAME", value: (label) => label.name, shrinks: true },
  { title: "KIND", value: (label) => (label.label_type === "builtin" ? "builtin" : label.label_membership_type) },
  { title: "DEVICES", value: (label) => label.count, align: "right" },
  { title: "DESCRIPTION", value: (label) => label.description, shrinks: true },
];

/** `muster get labels`. */
export function addGetLabels(get: Command, io: CliIo): void {
  const command = get.command("labels").summary("list labels").description("List labels with the number of devices of each.");
  addListOptions(command, SHAPE).action(async () =>
    getLabels(io, command.optsWithGlobals(), command.getOptionValueSource("orderBy") === "default"),
  );
  addExamples(command, [["muster get labels --order-by host_count --descending", "the largest labels first"]]);
}

async function getLabels(io: CliIo, options: ListOptions, isDefaultOrder: boolean): Promise<void> {
  const { call } = await connect(io, options);
  const query = { query: options.query, ...orderOf<LabelKey>(options, SHAPE, isDefaultOrder) };
  const answer = await readList("labels", options.all === true ? null : options.limit, (page) =>
    call(api.listLabels, { query: { ...query, ...page } }),
  );
  printList(io, options, { answer, rows: answer.labels, columns: COLUMNS, noun: ["label", "labels"] });
}
