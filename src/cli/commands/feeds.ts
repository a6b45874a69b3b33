import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { api } from "#client/api.ts";
import type { VulnerabilityFeed, VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { connect, type Connection, type ServerOptions } from "../connection.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { CliIo } from "../io.ts";
import { formatBytes, formatCount, formatSeconds, formatTime } from "../output/format.ts";
import { printJson, printNote, printTable } from "../output/print.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { saveDownload } from "../output/save-download.ts";
import type { Column } from "../output/table.ts";
import { addExamples } from "./describe.ts";
import { importFeeds } from "./import-feeds.ts";

const POLL_MS = 500;

/** `muster feeds`. */
export function addFeeds(program: Command, io: CliIo): void {
  const group = program
    .command("feeds")
    .summary("sources of vulnerability data")
    .description(
      "Where data on vulnerabilities comes from, how current it is, and how it comes to servers without the internet.",
    );
  addList(group, io);
  addShow(group, io);
  addSync(group, io);
  addImport(group, io);
  addBundle(group, io);
}

interface PartRow {
  feed: VulnerabilityFeed;
  part: VulnerabilityFeedPart | null;
}

function addList(group: Command, io: CliIo): void {
  const list = group
    .command("list")
    .summary("list feeds and how they are")
    .description("List the feeds, the parts of them that the fleet needs, and how the last loads went.")
    .option("--json", "print the server's answer")
    .option("--wide", "show everything whole, also on a narrow terminal")
    .action(async () => {
      const options: ServerOptions & { json?: true; wide?: true } = list.optsWithGlobals();
      const { call } = await connect(io, options);
      const answer = await call(api.listVulnerabilityFeeds);
      if (options.json === true) return printJson(io, answer);
      const rows = answer.feeds.flatMap((feed): PartRow[] =>
        feed.parts.length === 0 ? [{ feed, part: null }] : feed.parts.map((part) => ({ feed, part })),
      );
      printTable(io, columnsAt(io.now()), rows, options.wide === true ? { wide: true } : {});
      printNote(io, `Data comes from ${SOURCES[answer.source]}.`);
      for (const { path, error } of answer.directory_problems) printNote(io, `${path}: ${error}`);
    });
}

const SOURCES = {
  publishers: "the publishers",
  mirror: "an internal mirror",
  directory: "a directory of the server (MUSTER_FEEDS_DIR)",
  imports: "imports only (MUSTER_FEEDS is off)",
} as const;

function columnsAt(now: Date): Column<PartRow>[] {
  return [
    { title: "FEED", value: ({ feed }) => feed.name },
    { title: "PART", value: ({ part }) => part?.part },
    {
      title: "STATE",
      value: ({ part }) => (part === null ? "not needed" : part.wanted ? part.state : `${part.state}, not needed`),
    },
    { title: "RECORDS", value: ({ part }) => part?.records_count.toLocaleString("en"), align: "right" },
    { title: "LAST SUCCESS", value: ({ part }) => formatTime(part?.succeeded_at) },
    { title: "AGE", value: ({ part }) => ageOf(part, now) },
    { title: "NOTE", value: ({ part }) => noteOf(part), shrinks: true },
  ];
}

function ageOf(part: VulnerabilityFeedPart | null, now: Date): string {
  const time = part?.data_as_of ?? part?.succeeded_at ?? null;
  return time === null ? "" : formatSeconds(Math.max(0, (now.getTime() - new Date(time).getTime()) / 1000));
}

function noteOf(part: VulnerabilityFeedPart | null): string {
  if (part === null) return "";
  if (part.progress !== null) return progressText(part);
  return [part.error ?? "", leftOutText(part)].filter((text) => text !== "").join(" ");
}

function leftOutText({ left_out }: VulnerabilityFeedPart): string {
  const of = (kind: "record" | "range"): number =>
    left_out.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
  const told = [
    of("record") === 0 ? "" : formatCount(of("record"), "record", "records"),
    of("range") === 0 ? "" : formatCount(of("range"), "statement", "statements"),
  ].filter((text) => text !== "");
  return told.length === 0 ? "" : `${told.join(" and ")} left out`;
}

function addShow(group: Command, io: CliIo): void {
  const show = group
    .command("show")
    .summary("why data of a feed was left out")
    .description(
      "Show what parsers left out of each part of a feed, how often and why: malformed records, and statements that give no range.",
    )
    .argument("<feed>", "name of the feed, as `muster feeds list` shows it")
    .option("--json", "print the feed as the server answers it")
    .action(async (name: string) => {
      const options: ServerOptions & { json?: true } = show.optsWithGlobals();
      const { call } = await connect(io, options);
      const { feeds } = await call(api.listVulnerabilityFeeds);
      const feed = feeds.find((one) => one.name === name);
      if (feed === undefined) throw new CliError(EXIT.notFound, `There is no feed ${name}; muster feeds list shows them.`);
      if (options.json === true) return printJson(io, feed);
      const rows = feed.parts.flatMap(({ part, left_out }) => left_out.map((one) => ({ part, ...one })));
      printTable(
        io,
        [
          { title: "PART", value: ({ part }) => part },
          { title: "COUNT", value: ({ count }) => count.toLocaleString("en"), align: "right" },
          { title: "WHAT", value: ({ kind }) => (kind === "record" ? "malformed record" : "statement") },
          { title: "WHY", value: ({ why }) => why, shrinks: true },
        ],
        rows,
        {},
      );
      for (const { part, error } of feed.parts) if (error !== null) printNote(io, `${part}: ${error}`);
    });
  addExamples(show, [["muster feeds show nvd", "what was left out of each year of the NVD"]]);
}

function progressText({ progress }: VulnerabilityFeedPart): string {
  if (progress === null) return "";
  const of = progress.bytes_total === null ? "" : ` of ${formatBytes(progress.bytes_total)}`;
  const bytes = progress.bytes === 0 ? [] : [`${formatBytes(progress.bytes)}${of}`];
  const records = progress.records === 0 ? [] : [formatCount(progress.records, "record", "records")];
  return [progress.phase, ...bytes, ...records].join(", ");
}

interface SyncOptions extends ServerOptions {
  part?: string;
  acceptShrink?: true;
  wait: boolean;
}

function addSync(group: Command, io: CliIo): void {
  const sync = group
    .command("sync")
    .summary("update a feed now")
    .description("Have the server update a feed now, whatever its cadence, and wait until it has.")
    .argument("<feed>", "name of the feed, as `muster feeds list` shows it")
    .option("--part <part>", "only this part of it")
    .option("--accept-shrink", "take the data also when more than a fifth of the records are gone, and load all of it anew")
    .option("--no-wait", "do not wait for the result")
    .action(async (feed: string) => {
      const options: SyncOptions = sync.optsWithGlobals();
      const { call } = await connect(io, options);
      const before = await partsOf(call, feed);
      const body = {
        ...(options.part === undefined ? {} : { part: options.part }),
        ...(options.acceptShrink === true ? { accept_shrink: true } : {}),
      };
      const { parts } = await call(api.syncVulnerabilityFeed, { params: { feed }, body });
      if (options.wait) await waitForParts(io, call, feed, parts, before);
      else printNote(io, `The server updates ${formatCount(parts.length, "part", "parts")} of ${feed}.`);
    });
  addExamples(sync, [
    ["muster feeds sync nvd", "ask the NVD for news now"],
    ["muster feeds sync osv --part npm --accept-shrink", "after a publisher has really taken many records back"],
  ]);
}

async function partsOf(call: Connection["call"], feed: string): Promise<Map<string, VulnerabilityFeedPart>> {
  const { feeds } = await call(api.listVulnerabilityFeeds);
  return new Map(feeds.find((one) => one.name === feed)?.parts.map((part) => [part.part, part]));
}

/** A part is done when its last attempt is another one than before, and over. @throws {CliError} when one failed */
async function waitForParts(
  io: CliIo,
  call: Connection["call"],
  feed: string,
  names: readonly string[],
  before: Map<string, VulnerabilityFeedPart>,
): Promise<void> {
  const line = new ProgressLine(io);
  const isDone = (part: VulnerabilityFeedPart): boolean =>
    part.state !== "loading" && part.attempted_at !== (before.get(part.part)?.attempted_at ?? null);
  for (;;) {
    const now = await partsOf(call, feed);
    const parts = names.flatMap((name) => now.get(name) ?? []);
    const open = parts.find((part) => !isDone(part));
    if (open === undefined) {
      line.end();
      return report(io, feed, parts);
    }
    line.show(`${feed} ${open.part}`, open.progress === null ? "waiting" : progressText(open));
    await delay(POLL_MS);
  }
}

function report(io: CliIo, feed: string, parts: readonly VulnerabilityFeedPart[]): void {
  const failed = parts.filter((part) => part.state === "failed");
  const records = parts.reduce((sum, part) => sum + part.records_count, 0);
  printNote(io, `${feed}: ${formatCount(parts.length, "part", "parts")}, ${formatCount(records, "record", "records")}.`);
  if (failed.length === 0) return;
  const reasons = failed.map((part) => `${part.part}: ${part.error ?? "failed"}`);
  throw new CliError(EXIT.failure, `The last good data stays. ${reasons.join(" ")}`);
}

function addImport(group: Command, io: CliIo): void {
  const command = group
    .command("import")
    .summary("bring feeds to a server without the internet")
    .description(
      "Bring feeds to a server without the internet: a bundle of `muster feeds bundle`, a publisher's file, or a directory or archive (tar, zip) of such files. Checksums are verified before anything is loaded.",
    )
    .argument("<path>", "the bundle, file or directory")
    .action(async (path: string) => importFeeds(io, await connect(io, command.optsWithGlobals()), path));
  addExamples(command, [["muster feeds import muster-feeds-2026-01-31.tar", "what another server has loaded"]]);
}

function addBundle(group: Command, io: CliIo): void {
  const command = group
    .command("bundle")
    .summary("write everything that is loaded to a file")
    .description("Write everything that the server has loaded to a file, with checksums, for `muster feeds import` elsewhere.")
    .argument("<file>", "tar archive to write; - writes to standard output")
    .action(async (file: string) => {
      const { download } = await connect(io, command.optsWithGlobals());
      const line = new ProgressLine(io);
      line.show(`writing ${file}`);
      await saveDownload(io, await download(api.downloadFeedBundle, {}), file);
      line.end();
    });
  addExamples(command, [["muster feeds bundle muster-feeds.tar", "on a server with the internet"]]);
}
