import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { FixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addLengthOptions, parseId } from "./list-options.ts";
import type { LengthOptions } from "./list-options.ts";
import { printList } from "./print-list.ts";

const COLUMNS: readonly Column<FixFirst>[] = [
  { title: "ID", value: (fix) => fix.id, align: "right" },
  { title: "UPDATE", value: (fix) => fix.name, shrinks: true },
  { title: "TO", value: (fix) => fix.resolved_in_version, shrinks: true },
  { title: "ON", value: (fix) => fix.os_scope },
  { title: "DEVICES", value: (fix) => fix.hosts_count, align: "right" },
  { title: "CLEARS", value: (fix) => fix.vulnerabilities_count, align: "right" },
  { title: "EXPLOITED", value: (fix) => fix.known_exploited_count, align: "right" },
  { title: "RISK", value: (fix) => Math.round(fix.risk), align: "right" },
];

/** `muster vulnerabilities fix-first`. */
export function addFixFirst(group: Command, io: CliIo): void {
  const command = group
    .command("fix-first")
    .summary("what to update first")
    .description("List which single update clears the most risk on the most devices.")
    .option("--source <source>", "only software of this source, for example programs")
    .option("--os-scope <scope>", "only on this kind of device, for example ubuntu:22.04")
    .option("--label <id>", "for the devices of this label", parseId)
    .option("--known-exploited", "only updates that clear something known to be exploited");
  addLengthOptions(command).action(async () => {
    const options: LengthOptions & { source?: string; osScope?: string; knownExploited?: true; label?: number } =
      command.optsWithGlobals();
    const { call } = await connect(io, options);
    const { source, osScope, knownExploited, label } = options;
    const filter = {
      ...(source === undefined ? {} : { source }),
      ...(osScope === undefined ? {} : { os_scope: osScope }),
      ...(label === undefined ? {} : { label_id: label }),
      ...(knownExploited === undefined ? {} : { known_exploited: true }),
    };
    const answer = await readList("fixes", options.all === true ? null : options.limit, async (page) =>
      call(api.fixFirst, { query: { ...filter, order_key: "risk", order_direction: "desc", ...page } }),
    );
    printList(io, options, { answer, rows: answer.fixes, columns: COLUMNS, noun: ["update", "updates"] });
  });
  addExamples(command, [
    ["muster vulnerabilities fix-first --limit 10", "the ten updates that clear most"],
    ["muster get devices --fix 17", "the devices that need the update with the id 17"],
  ]);
}
