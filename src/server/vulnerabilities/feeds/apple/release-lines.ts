import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { compareVersions } from "#domain/version/orders.ts";

/** A release that fixes a vulnerability. */
export interface AppleFix {
  version: string;
  url?: string;
}

/** Major release line of a version: `14` of `14.5`, `10.15` of `10.15.7`. */
export function appleLine(version: string): string {
  return /^(?:10\.\d+|\d+)/.exec(version.trim())?.[0] ?? "";
}

export function newer(a: string, b: string): number {
  return compareVersions("apple", a, b) ?? 0;
}

/**
 * Ranges of one vulnerability in one product (reference §2.10): in each major line the versions before the first release with the fix.
 * The first release of a line fixes nothing that versions of the line had.
 *
 * @param releases all plain releases of the product, any order: after a rapid response (`26.3.1 (a)`) they have the fix only from the
 *   release on that says so
 * @param fromStart versions of older lines are concerned too: the product is one line, and older ones get no fixes of their own
 */
export function appleRanges(
  vulnerability: string,
  fixes: readonly AppleFix[],
  releases: readonly string[],
  fromStart: boolean,
): AffectedRange[] {
  const lines = Map.groupBy(
    fixes.toSorted((a, b) => newer(a.version, b.version)),
    ({ version }) => appleLine(version),
  );
  return [...lines].flatMap(([line, ofLine], index) => {
    const isOpen = fromStart && index === 0;
    return stretches(ofLine, releases, isOpen ? undefined : line).map(({ introduced, fix }): AffectedRange => {
      const range: AffectedRange = {
        vulnerability,
        status: "affected",
        provider: "apple",
        name_kind: "product",
        scheme: "apple",
        fixed: fix.version,
        fix: "fixed",
      };
      if (introduced !== undefined) range.introduced = introduced;
      if (fix.url !== undefined) range.url = fix.url;
      return range;
    });
  });
}

/** @param fixes oldest first, of one line */
function stretches(
  fixes: AppleFix[],
  releases: readonly string[],
  start: string | undefined,
): { introduced?: string | undefined; fix: AppleFix }[] {
  const found: { introduced?: string | undefined; fix: AppleFix }[] = [];
  let introduced = start;
  for (const fix of fixes) {
    if (introduced === undefined || newer(introduced, fix.version) < 0) found.push({ introduced, fix });
    if (!fix.version.includes("(")) break;
    // a response mends its own release; the next plain release needs a response, or the fix, of its own
    const numbers = fix.version.slice(0, fix.version.indexOf("(")).trimEnd();
    introduced = releases.filter((release) => newer(release, numbers) > 0).toSorted(newer)[0];
    if (introduced === undefined) break;
  }
  return found;
}
