import type { AffectedPackage, AffectedRange } from "#domain/vulnerability/model.ts";
import { versionsBeforeFix } from "./minor-streams.ts";

/**
 * Cuts the ranges of the main stream so that builds which an extended stream has fixed are not among them. The ranges of the extended
 * streams stay beside them: they say which version a host of that stream updates to.
 */
export function splitByStreams(affected: readonly AffectedPackage[]): AffectedPackage[] {
  return affected.map((entry) => ({ ...entry, ranges: splitRanges(entry.ranges) }));
}

function splitRanges(ranges: readonly AffectedRange[]): AffectedRange[] {
  const groups = new Map<string, AffectedRange[]>();
  const kept: AffectedRange[] = [];
  for (const range of ranges) {
    if (range.fixed === undefined || range.status !== "affected") kept.push(range);
    else push(groups, `${range.vulnerability}\0${range.name_kind}\0${range.module ?? ""}`, range);
  }
  for (const group of groups.values()) kept.push(...splitGroup(group));
  return kept;
}

function push(groups: Map<string, AffectedRange[]>, key: string, range: AffectedRange): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [range]);
  else group.push(range);
}

/** The fixes of one vulnerability in one package. */
function splitGroup(group: AffectedRange[]): AffectedRange[] {
  const main = group.filter(({ channel }) => channel === undefined);
  const others = group.filter(({ channel }) => channel !== undefined);
  const [first] = main;
  if (first === undefined || group.length === 1) return group;
  const fixes = main.flatMap(({ fixed }) => fixed ?? []);
  const spans = versionsBeforeFix(
    fixes,
    others.flatMap(({ fixed }) => fixed ?? []),
  );
  // the main stream's newest fix is what a host without an extended stream updates to
  const newest = main.find(({ fixed }) => fixed === spans.at(-1)?.fixed) ?? main.at(-1) ?? first;
  const split = spans.map((span): AffectedRange => {
    const own = main.find(({ fixed }) => fixed === span.fixed);
    return own === undefined ? { ...newest, ...span, fixed_in: newest.fixed ?? span.fixed } : { ...own, ...span };
  });
  return [...split, ...others];
}
