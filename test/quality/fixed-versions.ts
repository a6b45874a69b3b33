import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { resolveIdentity } from "#domain/vulnerability/identity/resolve-identity.ts";
import type { IdentitySubject } from "#domain/vulnerability/identity/subject.ts";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { AffectedRange, OsScope, RecordRange } from "#domain/vulnerability/model.ts";
import { cachedLines, type CachedPart } from "./corpus-cache.ts";

/** What a distribution's data says of one release: its ranges by package. */
export interface ReleaseIndex {
  /** `deb:debian:12`. */
  ecosystem: string;
  scope: OsScope;
  ranges: ReadonlyMap<string, readonly RecordRange[]>;
  /** Packages and ranges that name a fix, where nothing else is said of the vulnerability. */
  fixes: readonly [name: string, range: AffectedRange][];
}

/** Reads every release of a distribution that the parts hold. */
export async function readReleases(parts: readonly CachedPart[]): Promise<ReleaseIndex[]> {
  const releases = new Map<string, Map<string, RecordRange[]>>();
  let record_id = 0;
  for (const part of parts) {
    for await (const [ecosystem, name, , json] of cachedLines(part)) {
      if (!/^(?:deb|rpm|apk):/.test(ecosystem)) continue;
      record_id += 1;
      const packages = releases.get(ecosystem) ?? new Map<string, RecordRange[]>();
      releases.set(ecosystem, packages);
      const list = packages.get(name) ?? [];
      packages.set(name, list);
      for (const [range_index, range] of (JSON.parse(json) as AffectedRange[]).entries())
        list.push({ record_id, range_index, range });
    }
  }
  return [...releases].map(([ecosystem, ranges]) => ({
    ecosystem,
    scope: { name: ecosystem.slice(4), family: "linux" },
    ranges,
    fixes: [...ranges].flatMap(([name, list]) =>
      list.filter((one) => isPlainFix(name, one, list)).map(({ range }): [string, AffectedRange] => [name, range]),
    ),
  }));
}

/**
 * A fix that nothing else is said beside: where several ranges speak of one vulnerability of a package (streams, channels, providers that
 * differ) what is below one of them may be clear by another, which the labelled cases measure.
 */
function isPlainFix(name: string, { range }: RecordRange, all: readonly RecordRange[]): boolean {
  const { fixed, status, introduced, suppressed, edition, channel } = range;
  // the name that Ubuntu's lines of kernels are kept under is no package's
  if (/^linux-image-[\d.]+-[a-z]/.test(name) || (channel !== undefined && !channel.startsWith("esm-"))) return false;
  if (fixed === undefined || fixed === "0" || status !== "affected" || introduced !== undefined) return false;
  if (suppressed !== undefined || edition !== undefined) return false;
  return all.every((other) => other.range === range || other.range.vulnerability !== range.vulnerability);
}

/** Places of an installed version beside a fix. */
export type Place = "below" | "equal" | "rebuilt";

/** A row that is at some place beside the fix; null where the scheme has no version at that place. */
function rowAt(place: Place, name: string, range: AffectedRange, ecosystem: string): IdentitySubject | null {
  const row = ecosystem.startsWith("deb:") ? debAt : ecosystem.startsWith("apk:") ? apkAt : rpmAt;
  return row(place, name, range);
}

type RowAt = (place: Place, name: string, range: AffectedRange) => IdentitySubject | null;

const debAt: RowAt = (place, name, { fixed = "", name_kind }) => {
  const version = place === "below" ? `${fixed}~` : fixed;
  const binary = place === "rebuilt" ? `${version}+b1` : version;
  const facts = name_kind === "source" ? { source_package: name, source_version: version } : {};
  return { ...emptySoftwareEntry("deb_packages"), name, version: binary, ...facts };
};

const apkAt: RowAt = (place, name, { fixed = "" }) => {
  const [, before = "", revision = ""] = /^(.*-r)(\d+)$/.exec(fixed) ?? [];
  const moved = Number(revision) + (place === "equal" ? 0 : place === "below" ? -1 : 1);
  if (before === "" || moved < 0) return null;
  return { ...emptySoftwareEntry("apk_packages"), name, version: `${before}${moved}`, source_package: name };
};

const rpmAt: RowAt = (place, name, { fixed = "", name_kind, arch }) => {
  const [, epoch = "0", version = "", release = ""] = /^(?:(\d+):)?([^-]+)-(.+)$/.exec(fixed) ?? [];
  if (version === "") return null;
  return {
    ...emptySoftwareEntry("rpm_packages"),
    name,
    arch: arch?.[0] ?? "",
    // a build of an earlier version, with the release as its distribution writes it
    version: place === "below" ? `${version}~` : version,
    release: place === "rebuilt" ? `${release}.1` : release,
    epoch,
    ...(name_kind === "source" && { source_package: name }),
  };
};

/** Is the vulnerability of the range found on a row at this place? Null when the row is none that is assessed. */
export function isFoundAt(
  place: Place,
  [name, range]: readonly [string, AffectedRange],
  { ecosystem, scope, ranges }: ReleaseIndex,
  catalogue: ProductCatalogue,
): boolean | null {
  const row = rowAt(place, name, range, ecosystem);
  if (row === null) return null;
  const identity = resolveIdentity(row, scope, catalogue);
  if (identity.status !== "assessed" || identity.authority === "cpe") return null;
  const found = matchSubject(identity, scope, (wanted, key) => (wanted === ecosystem ? (ranges.get(key) ?? NONE) : NONE));
  return found.some(({ vulnerability }) => vulnerability === range.vulnerability);
}

const NONE: readonly RecordRange[] = [];
