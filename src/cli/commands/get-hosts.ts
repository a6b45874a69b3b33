import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { Host } from "#protocol/rest/hosts.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { addHostFilters, hostFilterOf } from "./host-filters.ts";
import type { HostFilterOptions } from "./host-filters.ts";
import { addListOptions, orderOf } from "./list-options.ts";
import type { ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";

// written out, not taken from the protocol: its module loads the schema library, which no command needs; a test compares them
export const HOST_KEYS = [
  "id",
  "hostname",
  "display_name",
  "computer_name",
  "platform",
  "os_version",
  "seen_time",
  "last_enrolled_at",
  "hardware_serial",
  "hardware_model",
  "primary_ip",
  "memory",
  "created_at",
  "software_updated_at",
  "osquery_version",
  "agents",
  "status",
  "software_count",
] as const;
type HostKey = (typeof HOST_KEYS)[number];

const SHAPE: ListShape = {
  searches: "host name, computer name, serial number, uuid or IP address",
  orderKeys: HOST_KEYS,
  orderDefault: "display_name",
};

interface GetHostsOptions extends ListOptions, HostFilterOptions {}

const COLUMNS: readonly Column<Host>[] = [
  { title: "ID", value: (host) => host.id, align: "right" },
  { title: "NAME", value: (host) => host.display_name, shrinks: true },
  { title: "STATUS", value: (host) => host.status },
  { title: "PLATFORM", value: (host) => host.platform },
  { title: "OS", value: (host) => host.os_version, shrinks: true },
  { title: "SOFTWARE", value: (host) => host.software_count, align: "right" },
  { title: "LAST SEEN", value: (host) => formatTime(host.seen_time) },
];

/** `muster get hosts`. */
export function addGetHosts(get: Command, io: CliIo): void {
  const command = get.command("hosts").alias("devices").summary("list devices").description("List devices.");
  addHostFilters(addListOptions(command, SHAPE)).action(async () =>
    getHosts(io, command.optsWithGlobals(), command.getOptionValueSource("orderBy") === "default"),
  );
  addExamples(command, [
    ["muster get hosts --status online --platform linux", "Linux devices that are online"],
    ["muster get hosts --query web- --order-by seen_time --descending", "devices with “web-” in a name, last seen first"],
    ["muster get hosts --all --json | jq '.hosts[].hostname'", "the names of all devices"],
  ]);
}

async function getHosts(io: CliIo, options: GetHostsOptions, isDefaultOrder: boolean): Promise<void> {
  const { call } = await connect(io, options);
  const query = {
    query: options.query,
    ...hostFilterOf(options),
    ...orderOf<HostKey>(options, SHAPE, isDefaultOrder),
  };
  const answer = await readList("hosts", options.all === true ? null : options.limit, (page) =>
    call(api.listHosts, { query: { ...query, ...page } }),
  );
  printList(io, options, { answer, rows: answer.hosts, columns: COLUMNS, noun: ["device", "devices"] });
}
