import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareEvent, UnusedSoftware } from "#protocol/rest/history.ts";
import { connect } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { parseAsOf, parseFrom, parseTo } from "../moment.ts";
import { formatTime } from "../output/format.ts";
import { printNote } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import { readList } from "../pages.ts";
import { addExamples } from "./describe.ts";
import { findHost } from "./find-host.ts";
import { addLengthOptions, addListOptions, orderOf, parseId } from "./list-options.ts";
import type { LengthOptions, ListOptions, ListShape } from "./list-options.ts";
import { printList } from "./print-list.ts";

interface TimelineOptions extends LengthOptions {
  query?: string;
  event?: string;
  source?: string;
  since?: string;
  until?: string;
}

const WHEN: Column<SoftwareEvent> = { title: "TIME", value: (event) => formatTime(event.time) };
const WHERE: Column<SoftwareEvent> = { title: "DEVICE", value: (event) => event.host.display_name, shrinks: true };
const WHAT: readonly Column<SoftwareEvent>[] = [
  { title: "EVENT", value: (event) => event.event },
  { title: "NAME", value: (event) => event.software.name, shrinks: true },
  { title: "VERSION", value: (event) => versionOf(event.software), shrinks: true },
  { title: "NOW", value: nowOf, shrinks: true },
  { title: "BY", value: (event) => event.installed_by },
];

function versionOf(software: SoftwareEvent["software"]): string {
  return software.release === undefined ? software.version : `${software.version}-${software.release}`;
}

/** What took its place: of a rename the name, else the version. */
function nowOf({ event, next }: SoftwareEvent): string {
  if (next === null) return "";
  return event === "renamed" ? next.name : versionOf(next);
}

/** `muster get host-software-history`, `title-history`, `title-hosts` and `unused-software`. */
export function addGetHistory(get: Command, io: CliIo): void {
  addHostHistory(get, io);
  addTitleHistory(get, io);
  addTitleHosts(get, io);
  addUnusedSoftware(get, io);
}

function addTimelineOptions(command: Command): Command {
  return addLengthOptions(command)
    .option("-q, --query <text>", "only events with this text in name or version (of a title: or the device's name)")
    .option("--event <list>", "only these events: installed, updated, removed, renamed, first_seen; comma list")
    .option("--source <list>", "only these sources, as the API names them: deb_packages, apps, …; comma list")
    .option("--since <time>", "events from this day or time on", parseFrom)
    .option("--until <time>", "events up to this day or time", parseTo);
}

function timelineQuery({ query, event, source, since, until }: TimelineOptions) {
  return { query, event, source, since, until };
}

function addHostHistory(get: Command, io: CliIo): void {
  const command = get
    .command("host-software-history")
    .argument("<host>", "ID, or uuid, host name or serial number")
    .summary("list what happened to a device's software")
    .description(
      "List installations, updates, removals and renames on one device, newest first. What came with the first report was there before; --event first_seen lists it.",
    );
  addTimelineOptions(command).action(async (host: string) => {
    const options: TimelineOptions = command.optsWithGlobals();
    const connection = await connect(io, options);
    const { id } = await findHost(connection, host);
    const query = timelineQuery(options);
    const answer = await readList("events", options.all === true ? null : options.limit, (page) =>
      connection.call(api.hostSoftwareHistory, { params: { id }, query: { ...query, ...page } }),
    );
    printList(io, options, { answer, rows: answer.events, columns: [WHEN, ...WHAT], noun: ["event", "events"] });
    noteHorizon(io, options, answer.history_since);
  });
  addExamples(command, [
    ["muster get host-software-history web-01", "the newest 100 changes"],
    ["muster get host-software-history 12 --event removed --since 2026-01-01", "what was removed this year"],
  ]);
}

function addTitleHistory(get: Command, io: CliIo): void {
  const command = get
    .command("title-history")
    .argument("<id>", "ID of the title, as `muster get software` shows it", parseId)
    .summary("list what happened to a title on all devices")
    .description("List installations, updates, removals and renames of one title on all devices, newest first.");
  addTimelineOptions(command).action(async (id: number) => {
    const options: TimelineOptions = command.optsWithGlobals();
    const { call } = await connect(io, options);
    const query = timelineQuery(options);
    const answer = await readList("events", options.all === true ? null : options.limit, (page) =>
      call(api.softwareTitleHistory, { params: { id }, query: { ...query, ...page } }),
    );
    printList(io, options, { answer, rows: answer.events, columns: [WHEN, WHERE, ...WHAT], noun: ["event", "events"] });
    noteHorizon(io, options, answer.history_since);
  });
  addExamples(command, [["muster get title-history 7 --event updated", "on which devices it was updated, and when"]]);
}

export const HOLDER_KEYS = ["id", "display_name", "platform", "installed_at"] as const;
const HOLDERS: ListShape = { searches: "host name or computer name", orderKeys: HOLDER_KEYS, orderDefault: "id" };

interface Holder {
  id: number;
  display_name: string;
  platform: string;
  versions: { version: string; installed_at: string }[];
}

const HOLDER_COLUMNS: readonly Column<Holder>[] = [
  { title: "ID", value: (host) => host.id, align: "right" },
  { title: "NAME", value: (host) => host.display_name, shrinks: true },
  { title: "PLATFORM", value: (host) => host.platform },
  { title: "VERSIONS", value: (host) => host.versions.map((v) => v.version).join(", "), shrinks: true },
  { title: "SINCE", value: (host) => formatTime(host.versions.map((v) => v.installed_at).toSorted()[0]) },
];

interface TitleHostsOptions extends ListOptions {
  asOf?: string;
  softwareVersion?: number;
}

function addTitleHosts(get: Command, io: CliIo): void {
  const command = get
    .command("title-hosts")
    .argument("<id>", "ID of the title, as `muster get software` shows it", parseId)
    .summary("list the devices that hold or held a title")
    .description("List the devices that hold any version of a title, now or at a moment of the past.");
  addListOptions(command, HOLDERS)
    .option("--as-of <time>", "at this time, or at the end of this day (UTC)", parseAsOf)
    .option("--software-version <id>", "only this version", parseId)
    .action(async (id: number) => {
      const options: TitleHostsOptions = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const { query: words, asOf: as_of, softwareVersion: software_version_id } = options;
      const order = orderOf<(typeof HOLDER_KEYS)[number]>(options, HOLDERS, false);
      const query = { query: words, as_of, software_version_id, ...order };
      const answer = await readList("hosts", options.all === true ? null : options.limit, (page) =>
        call(api.softwareTitleHosts, { params: { id }, query: { ...query, ...page } }),
      );
      printList(io, options, {
        answer,
        rows: answer.hosts,
        columns: HOLDER_COLUMNS,
        noun: ["device", "devices"],
      });
      noteHorizon(io, options, answer.history_since, options.asOf);
    });
  addExamples(command, [
    ["muster get title-hosts 7 --as-of 2026-01-31", "who held it at the end of January 2026"],
    ["muster get title-hosts 7 --query web- --order-by display_name", "of the devices with “web-” in a name those that hold it"],
  ]);
}

export const UNUSED_KEYS = [
  "unused_hosts_count",
  "never_opened_hosts_count",
  "unknown_hosts_count",
  "hosts_count",
  "name",
  "source",
] as const;
const UNUSED: ListShape = {
  searches: "the name",
  orderKeys: UNUSED_KEYS,
  orderDefault: "unused_hosts_count",
  defaultDescending: true,
};

interface UnusedOptions extends ListOptions {
  days: number;
  source?: string;
}

const UNUSED_COLUMNS: readonly Column<UnusedSoftware>[] = [
  { title: "ID", value: (title) => title.id, align: "right" },
  { title: "NAME", value: (title) => title.display_name, shrinks: true },
  { title: "KIND", value: (title) => sourceLabel(title.source), shrinks: true },
  { title: "NOT OPENED", value: (title) => title.unused_hosts_count, align: "right" },
  { title: "NEVER", value: (title) => title.never_opened_hosts_count, align: "right" },
  { title: "UNKNOWN", value: (title) => title.unknown_hosts_count, align: "right" },
  { title: "DEVICES", value: (title) => title.hosts_count, align: "right" },
];

function addUnusedSoftware(get: Command, io: CliIo): void {
  const command = get
    .command("unused-software")
    .summary("list software that devices hold and do not open")
    .description(
      "List titles that devices have not opened for some days, by the number of these devices unless ordered otherwise. Only devices that tell openings are counted; UNKNOWN are those that do not.",
    );
  addListOptions(command, UNUSED)
    .addOption(new Option("--days <n>", "not opened for so many days").argParser(parseDays).default(90))
    .option("--source <list>", "only these sources: apps, programs, deb_packages, rpm_packages; comma list")
    .action(async () => {
      const options: UnusedOptions = command.optsWithGlobals();
      const { call } = await connect(io, options);
      const order = orderOf<(typeof UNUSED_KEYS)[number]>(options, UNUSED, command.getOptionValueSource("orderBy") === "default");
      const query = { days: options.days, query: options.query, source: options.source, ...order };
      const answer = await readList("unused_software", options.all === true ? null : options.limit, (page) =>
        call(api.listUnusedSoftware, { query: { ...query, ...page } }),
      );
      printList(io, options, { answer, rows: answer.unused_software, columns: UNUSED_COLUMNS, noun: ["title", "titles"] });
      if (options.json !== true) printNote(io, countedNote(answer.counts_updated_at));
    });
  addExamples(command, [
    ["muster get unused-software --days 180 --source apps", "applications of macOS nobody opened for half a year"],
  ]);
}

function countedNote(time: string | null): string {
  return time === null ? "Openings were not counted yet." : `Counted ${formatTime(time)}.`;
}

function parseDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > 3650) throw new InvalidArgumentError("It must be a whole number of days from 1 to 3650.");
  return days;
}

/** Says that history is cut off, where that matters. */
function noteHorizon(io: CliIo, options: LengthOptions, since: string | null, asOf?: string): void {
  if (options.json === true || since === null || (asOf !== undefined && asOf >= since)) return;
  printNote(io, `History before ${formatTime(since)} was deleted by retention.`);
}
