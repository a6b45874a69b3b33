import { compareVersions } from "#domain/version/orders.ts";
import { osvIntervals, type OsvInterval } from "./ranges.ts";
import type { OsvAffected, OsvEvent, OsvRange } from "./schema.ts";
import { list } from "./values.ts";

/**
 * Go's database where versions are not as Go orders them (https://go.dev/ref/mod, "Major version suffixes"; go.dev/doc/security/vuln/database).
 *
 * A module whose tags are not Go's versions has an endless stretch, and beside it the ranges that its authors give. They speak of where the
 * endless stretch is: what an earlier stretch says of pseudo-versions (`v0.0.0-2025…`) stands.
 *
 * @param endless the last stretch of the module's own ranges
 * @returns the stretch itself where nothing beside it speaks of its versions
 */
export function goCustomIntervals(affected: OsvAffected, endless: OsvInterval): OsvInterval[] {
  const ranges = customRanges(affected);
  const intervals = ranges.flatMap(({ events }) => osvIntervals({ type: "ECOSYSTEM", events }, "semver"));
  const there = intervals.flatMap((interval) => from(interval, endless.introduced));
  // stretches that all end before speak of pseudo-versions, and the endless one of the module's older tags
  return there.length === 0 ? [...intervals, endless] : there;
}

function customRanges(affected: OsvAffected): OsvRange[] {
  return list(affected.ecosystem_specific, "custom_ranges").filter(
    (range): range is OsvRange => list(range, "events").length > 0,
  );
}

/** What of a stretch begins at a version or after it. */
function from(interval: OsvInterval, start: string | undefined): OsvInterval[] {
  const isAfter = (version: string | undefined): boolean =>
    start === undefined || (version !== undefined && (compareVersions("semver", version, start) ?? 1) > 0);
  if (start === undefined || isAfter(interval.introduced)) return [interval];
  const end = interval.fixed ?? interval.last_affected;
  return end !== undefined && !isAfter(end) ? [] : [{ ...interval, introduced: start }];
}

/** A module's path with the suffix of a major version from 2 on: `github.com/argoproj/argo-cd/v2`. */
const MAJOR = /^(.+)\/v([2-9]|[1-9]\d+)$/;

/**
 * The entries of a record, where a module's major versions have entries of their own. The path without a suffix has versions 0 and 1, and
 * an endless stretch once they get no fixes any more. Versions from 2 on, as a reader that cuts the suffix tells them, are those of the path
 * with the suffix: what the record says of it holds for them too, and the endless stretch ends before.
 */
export function withMajorVersions(entries: readonly OsvAffected[]): readonly OsvAffected[] {
  const suffixed = Map.groupBy(entries, (entry) => MAJOR.exec(pathOf(entry))?.[1] ?? "");
  // `v10.4.0+incompatible`: a module that never took the suffix
  const incompatible = new Set(
    entries.filter(({ ranges }) => JSON.stringify(ranges ?? []).includes("+incompatible")).map((entry) => pathOf(entry)),
  );
  return entries.map((entry) => {
    const later = suffixed.get(pathOf(entry)) ?? [];
    const own = pathOf(entry) === "" || incompatible.has(pathOf(entry)) || customRanges(entry).length > 0;
    return own || later.length === 0 ? entry : continued(entry, later);
  });
}

const pathOf = ({ package: its }: OsvAffected): string => its?.name ?? "";

/** An entry whose endless stretch ends where its later major versions begin, with what is said of these. */
function continued(entry: OsvAffected, later: readonly OsvAffected[]): OsvAffected {
  const [range, ...more] = entry.ranges ?? [];
  if (range?.events.at(-1)?.introduced === undefined || more.length > 0) return entry;
  const [lowest, ...others] = later.toSorted((a, b) => majorOf(a) - majorOf(b)).flatMap((one) => majorStretches(one));
  const first = `${Math.min(...later.map(majorOf))}.0.0-0`;
  // a stretch that begins with its major version goes on with the endless one
  const [start, end] = lowest?.events ?? [];
  const joined = start?.introduced === first && end !== undefined;
  const ended = { ...range, events: [...range.events, joined ? end : { fixed: first }] };
  return { ...entry, ranges: [ended, ...(lowest === undefined || joined ? [] : [lowest]), ...others] };
}

function majorOf(entry: OsvAffected): number {
  return Number(MAJOR.exec(pathOf(entry))?.[2]);
}

/** The stretches of a path with a suffix, within its major version. */
function majorStretches(entry: OsvAffected): OsvRange[] {
  const major = majorOf(entry);
  const [start, end] = [`${major}.0.0-0`, `${major + 1}.0.0-0`];
  const intervals = (entry.ranges ?? []).flatMap((range) => osvIntervals(range, "semver")).flatMap((one) => from(one, start));
  return intervals.map(({ introduced = start, fixed, last_affected }): OsvRange => {
    const ends: OsvEvent = last_affected === undefined ? { fixed: fixed ?? end } : { last_affected };
    return { type: "SEMVER", events: [{ introduced }, ends] };
  });
}
