import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { parseFrom, parseTo } from "../moment.ts";
import { parseId } from "./list-options.ts";
import { parseCount } from "./software-filters.ts";

// written out, not taken from the protocol: its module loads the schema library, which no command needs; a test compares them
export const STATUSES = ["new", "online", "offline", "mia", "missing"] as const;
const AGENTS = ["muster", "osquery"] as const;

/** Options that narrow any list or export of devices. */
export interface HostFilterOptions {
  status?: (typeof STATUSES)[number];
  platform?: string;
  label?: number;
  softwareTitle?: number;
  softwareVersion?: number;
  notOpenedForDays?: number;
  osVersion?: number;
  osScope?: string;
  vulnerability?: string;
  fix?: number;
  model?: string;
  agent?: (typeof AGENTS)[number];
  minSoftware?: number;
  maxSoftware?: number;
  minMemory?: number;
  maxMemory?: number;
  createdSince?: string;
  createdUntil?: string;
  enrolledSince?: string;
  enrolledUntil?: string;
  seenSince?: string;
  seenUntil?: string;
  changedSince?: string;
  changedUntil?: string;
}

/** Adds the filters of devices. */
export function addHostFilters(command: Command): Command {
  return command
    .addOption(new Option("--status <status>", "only devices with this status").choices(STATUSES))
    .option("--platform <list>", "only linux, darwin, windows, chrome or a distribution (debian); comma list")
    .option("--label <id>", "only devices of this label", parseId)
    .option("--software-title <id>", "only devices that hold any version of this title", parseId)
    .option("--software-version <id>", "only devices that hold this software version", parseId)
    .option("--not-opened-for-days <n>", "with --software-title: only devices that did not open it for so many days", parseCount)
    .option("--os-version <id>", "only devices that run this operating system version", parseId)
    .option("--os-scope <kind>", "only devices of this kind, as vulnerabilities are matched: debian:12, windows")
    .option("--vulnerability <id>", "only devices with this vulnerability (CVE-…, GHSA-…); with a title or version: in that")
    .option("--fix <id>", "only devices that need this update (id of muster vulnerabilities fix-first)", parseId)
    .option("--model <text>", "only devices whose model has this in its name")
    .addOption(new Option("--agent <agent>", "only devices with this agent").choices(AGENTS))
    .option("--min-software <n>", "with at least so much software", parseCount)
    .option("--max-software <n>", "with at most so much software", parseCount)
    .option("--min-memory <size>", "with at least so much memory (16GiB, or bytes)", parseSize)
    .option("--max-memory <size>", "with at most so much memory", parseSize)
    .option("--created-since <time>", "first enrolled on this day or later (2026-01-31 or a time)", parseFrom)
    .option("--created-until <time>", "first enrolled on this day or before", parseTo)
    .option("--enrolled-since <time>", "enrolled last on this day or later", parseFrom)
    .option("--enrolled-until <time>", "enrolled last on this day or before", parseTo)
    .option("--seen-since <time>", "seen on this day or later", parseFrom)
    .option("--seen-until <time>", "seen last on this day or before", parseTo)
    .option("--changed-since <time>", "whose software changed on this day or later", parseFrom)
    .option("--changed-until <time>", "whose software changed last on this day or before", parseTo);
}

/** The filters as the API takes them. */
export function hostFilterOf(options: HostFilterOptions) {
  return {
    status: options.status,
    platform: options.platform,
    label_id: options.label,
    software_title_id: options.softwareTitle,
    software_version_id: options.softwareVersion,
    not_opened_for_days: options.notOpenedForDays,
    os_version_id: options.osVersion,
    os_scope: options.osScope,
    vulnerability: options.vulnerability,
    fix_id: options.fix,
    hardware_model: options.model,
    agent: options.agent,
    software_count_min: options.minSoftware,
    software_count_max: options.maxSoftware,
    memory_min: options.minMemory,
    memory_max: options.maxMemory,
    created_since: options.createdSince,
    created_until: options.createdUntil,
    last_enrolled_since: options.enrolledSince,
    last_enrolled_until: options.enrolledUntil,
    seen_since: options.seenSince,
    seen_until: options.seenUntil,
    software_updated_since: options.changedSince,
    software_updated_until: options.changedUntil,
  };
}

const UNITS: Readonly<Record<string, number>> = { "": 1, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 };

/** Reads an amount of memory, as tables show it (`15.6GiB`) or in bytes, as bytes. */
function parseSize(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([KMGT]iB)?$/iu.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit.toUpperCase()] ?? 0));
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("It must be an amount of memory: 512MiB, 15.6GiB, or a number of bytes.");
}
