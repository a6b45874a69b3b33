import { compareVersions } from "#domain/version/orders.ts";
import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";

/**
 * When several notices name one vulnerability of a package the last fix counts: Ubuntu names it again when the first was not the whole
 * cure, and OVAL finds a host vulnerable when any definition does. Ranges of earlier fixes are taken away.
 */
export function joinNotices(records: readonly FeedRecord[]): FeedRecord[] {
  const last = new Map<string, string>();
  for (const { affected } of records) {
    for (const { package: name, ranges } of affected) {
      for (const range of ranges) {
        if (range.fixed === undefined) continue;
        const key = keyOf(name, range);
        const known = last.get(key);
        if (known === undefined || (compareVersions("dpkg", known, range.fixed) ?? 0) < 0) last.set(key, range.fixed);
      }
    }
  }
  return records.map((record) => ({
    ...record,
    affected: record.affected.flatMap((entry) => {
      const ranges = entry.ranges.filter(
        (range) => range.fixed === undefined || last.get(keyOf(entry.package, range)) === range.fixed,
      );
      return ranges.length === 0 ? [] : [{ ...entry, ranges }];
    }),
  }));
}

/** Ubuntu Pro's expanded maintenance goes on with the archive's versions; other channels have builds of their own. */
function keyOf(name: string, { vulnerability, channel = "" }: AffectedRange): string {
  return `${name}\0${vulnerability}\0${channel.startsWith("esm") ? "" : channel}`;
}
