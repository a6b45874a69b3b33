import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { given } from "./given.ts";
import { parseId } from "./list-options.ts";
import { addVulnerableFilters, vulnerableFilterOf, type VulnerableOptions } from "./vulnerability-filters.ts";

/** Options that narrow any list or export of software. */
export interface SoftwareFilterOptions extends VulnerableOptions {
  source?: string;
  platform?: string;
  vendor?: string;
  label?: number;
  since?: string;
  until?: string;
  minDevices?: number;
  maxDevices?: number;
}

/** Adds the filters of software. */
export function addSoftwareFilters(command: Command): Command {
  return addVulnerableFilters(command)
    .option("--source <list>", "only these sources, as the API names them: deb_packages, apps, …; comma list")
    .option("--platform <list>", "only sources of these platforms: linux, darwin, windows, chrome; comma list")
    .option("--vendor <vendor>", "only software of this vendor")
    .option("--label <id>", "only what devices of this label hold, counted within it", parseId)
    .option("--since <time>", "first seen at this time or later (2026-01-31 or 2026-01-31T10:00:00Z)", parseTime)
    .option("--until <time>", "first seen at this time or before", parseTime)
    .addOption(new Option("--min-devices <n>", "on at least so many devices").argParser(parseCount))
    .addOption(new Option("--max-devices <n>", "on at most so many devices").argParser(parseCount));
}

/** The filters as the API takes them. */
export function softwareFilterOf(options: SoftwareFilterOptions) {
  return given({
    source: options.source,
    platform: options.platform,
    vendor: options.vendor,
    label_id: options.label,
    first_seen_since: options.since,
    first_seen_until: options.until,
    hosts_count_min: options.minDevices,
    hosts_count_max: options.maxDevices,
    ...vulnerableFilterOf(options),
  });
}

/** Options that narrow titles alone. */
export interface TitleFilterOptions {
  identifier?: string;
  minVersions?: number;
  maxVersions?: number;
}

/** @param prefix stands before each help text: when the option means something */
export function addTitleFilters(command: Command, prefix = ""): Command {
  return command
    .option("--identifier <id>", `${prefix}only the bundle identifier, upgrade code or application id`)
    .addOption(new Option("--min-versions <n>", `${prefix}with at least so many versions`).argParser(parseCount))
    .addOption(new Option("--max-versions <n>", `${prefix}with at most so many versions`).argParser(parseCount));
}

export function titleFilterOf({ identifier, minVersions, maxVersions }: TitleFilterOptions) {
  return given({ identifier, versions_count_min: minVersions, versions_count_max: maxVersions });
}

/** Options that narrow versions alone. */
export interface VersionFilterOptions {
  arch?: string;
  softwareTitle?: number;
}

/** @param prefix stands before each help text: when the option means something */
export function addVersionFilters(command: Command, prefix = ""): Command {
  return command
    .option("--arch <arch>", `${prefix}only this architecture`)
    .option("--software-title <id>", `${prefix}only versions of this title`, parseId);
}

export function versionFilterOf({ arch, softwareTitle }: VersionFilterOptions) {
  return given({ arch, software_title_id: softwareTitle });
}

/** Options that narrow the software of one device. */
export interface HostSoftwareFilterOptions {
  source?: string;
  vendor?: string;
  arch?: string;
  installedSince?: string;
  installedUntil?: string;
  openedSince?: string;
  openedUntil?: string;
}
/** Their names, as commander keeps them. */
export const HOST_SOFTWARE_FILTERS = [
  "source",
  "vendor",
  "arch",
  "installedSince",
  "installedUntil",
  "openedSince",
  "openedUntil",
] as const satisfies readonly (keyof HostSoftwareFilterOptions)[];

/**
 * Adds the filters of one device's software.
 *
 * @param prefix stands before each help text: when the option means something
 */
export function addHostSoftwareFilters(command: Command, prefix = ""): Command {
  return command
    .option("--source <list>", `${prefix}only these sources, as the API names them (deb_packages); comma list`)
    .option("--vendor <vendor>", `${prefix}only software of this vendor`)
    .option("--arch <arch>", `${prefix}only this architecture`)
    .option("--installed-since <time>", `${prefix}first seen on the device at this time or later (2026-01-31)`, parseTime)
    .option("--installed-until <time>", `${prefix}first seen on the device at this time or before`, parseTime)
    .option("--opened-since <time>", `${prefix}opened at this time or later`, parseTime)
    .option("--opened-until <time>", `${prefix}opened last at this time or before`, parseTime);
}

/** The filters of one device's software as the API takes them. */
export function hostSoftwareFilterOf(options: HostSoftwareFilterOptions) {
  return given({
    source: options.source,
    vendor: options.vendor,
    arch: options.arch,
    installed_since: options.installedSince,
    installed_until: options.installedUntil,
    last_opened_since: options.openedSince,
    last_opened_until: options.openedUntil,
  });
}

/** Reads a day or a time; a day begins at midnight UTC. */
export function parseTime(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T.+)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError("It must be a day or a time: 2026-01-31 or 2026-01-31T10:00:00Z.");
  return time.toISOString();
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}
