import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { OsVersion } from "#protocol/rest/software.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addListOptions, orderOf, parseId } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";

export const OS_VERSION_KEYS = ["hosts_count", "name", "version", "platform"] as const;

const SHAPE: ListShape = {
  searches: "the name",
  orderKeys: OS_VERSION_KEYS,
  orderDefault: "hosts_count",
  defaultDescending: true,
};

const COLUMNS: readonly Column<OsVersion>[] = [
  { title: "ID", value: (os) => os.os_version_id, align: "right" },
  { title: "NAME", value: (os) => os.name_only, shrinks: true },
  { title: "VERSION", value: (os) => os.version, shrinks: true },
  { title: "PLATFORM", value: (os) => os.platform },
  { title: "DEVICES", value: (os) => os.hosts_count, align: "right" },
];

/** `muster get os-versions`. */
export function addGetOsVersions(get: Command, io: CliIo): void {
  const command = get
    .command("os-versions")
    .summary("list operating systems")
    .description("List the operating system versions that devices run.");
  addListOptions(command, SHAPE)
    .option("--platform <list>", "only these platforms, in osquery's words: debian, darwin, windows, …; comma list")
    .option("--label <id>", "only devices of this label", parseId)
    .action(async () => {
      const options: ListOptions & { platform?: string; label?: number } = command.optsWithGlobals();
      const isDefaultOrder = command.getOptionValueSource("orderBy") === "default";
      const { call } = await connect(io, options);
      const order = orderOf<(typeof OS_VERSION_KEYS)[number]>(options, SHAPE, isDefaultOrder);
      const query = { query: options.query, platform: options.platform, label_id: options.label, ...order };
      const answer = await readList("os_versions", options.all === true ? null : options.limit, (page) =>
        call(api.listOsVersions, { query: { ...query, ...page } }),
      );
      printList(io, options, {
        answer,
        rows: answer.os_versions,
        columns: COLUMNS,
        noun: ["operating system version", "operating system versions"],
      });
    });
  addExamples(command, [["muster get os-versions --platform darwin", "the versions of macOS, the most common first"]]);
}
