import type { AffectedRange } from "#domain/vulnerability/model.ts";

/** One statement about a source package in a release, from the public archive or a pocket of Ubuntu Pro. */
export interface PocketStatement {
  /** Channel of the pocket; undefined: the public archive. */
  channel: string | undefined;
  status: "released" | "open" | "deferred" | "ignored" | "unsupported" | "triage" | "not_affected";
  /** The version with the fix, for `released`; absent where it is told elsewhere. */
  fixed?: string;
}

/** What a range says of versions and fixes. */
export type PocketRange = Pick<AffectedRange, "status" | "fix" | "fixed" | "channel">;

const OPEN: Readonly<Record<string, Pick<AffectedRange, "status" | "fix">>> = {
  open: { status: "affected", fix: "unfixed" },
  deferred: { status: "affected", fix: "deferred" },
  ignored: { status: "affected", fix: "will_not_fix" },
  triage: { status: "unknown", fix: "unknown" },
  not_affected: { status: "not_affected", fix: "unknown" },
};

/** Pockets that hold builds of their own: what is said there is not said of the archive's builds. */
const OWN_BUILDS = /^(?:fips|realtime|ros)/u;

/**
 * Joins what the pockets of one release say of a package. When the free support has ended the archive says only that ("unsupported"); what
 * the pockets that go on with the same code say then holds for it, too. A fix keeps the channel that it comes by; a pocket that begins
 * with that fix in it calls itself "not affected" (`esm-infra-legacy/trusty`), which is said of nothing before it.
 */
export function joinPockets(statements: readonly PocketStatement[]): PocketRange[] {
  const ranges: PocketRange[] = [];
  const same = statements.filter(({ channel }) => channel === undefined || !OWN_BUILDS.test(channel));
  const base = same.filter(({ channel }) => channel === undefined);
  const silent = base.every(({ status }) => status === "unsupported");
  const isReleased = same.some(({ status }) => status === "released");
  for (const { status, fixed, channel } of same) {
    if (status === "not_affected" && channel !== undefined && isReleased) continue;
    if (status === "released") {
      if (fixed !== undefined)
        ranges.push({ status: "affected", fixed, fix: "fixed", ...(channel !== undefined && { channel }) });
    } else if (status === "unsupported") {
      if (same.every((one) => one.status === "unsupported")) ranges.push({ status: "unknown", fix: "end_of_life" });
    } else if (channel === undefined || silent) {
      ranges.push(OPEN[status] ?? { status: "unknown", fix: "unknown" });
    }
  }
  for (const { status, fixed, channel } of statements) {
    if (channel === undefined || !OWN_BUILDS.test(channel) || status !== "released" || fixed === undefined) continue;
    ranges.push({ status: "affected", fixed, fix: "fixed", channel });
  }
  return ranges;
}

/** `jammy`, `esm-apps/jammy`, `trusty/esm` → the release and the channel; null for places that are no release (`upstream`, `devel`). */
export function ubuntuPocket(place: string): { codename: string; channel: string | undefined } | null {
  const parts = place.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) return null;
  if (second === undefined) return { codename: first, channel: undefined };
  if (second === "esm") return { codename: first, channel: "esm-infra" };
  return /^(?:esm-infra-legacy|esm-infra|esm-apps|fips|fips-updates|fips-preview|realtime|ros-esm)$/u.test(first)
    ? { codename: second, channel: first }
    : null;
}
