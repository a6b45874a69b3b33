import type { AffectedPackage, AffectedRange, NameKind, Severity } from "#domain/vulnerability/model.ts";
import { versionOrder } from "#domain/version/orders.ts";
import { isModuleBuild } from "#domain/vulnerability/identity/rpm-modules.ts";
import { count, type Tally } from "../formats/tally.ts";
import { moduleInTitle, moduleOfBuilds } from "../formats/module-of-builds.ts";
import { osvEcosystem, type OsvEcosystem, osvPackageName } from "./ecosystems.ts";
import { goCustomIntervals, withMajorVersions } from "./go-modules.ts";
import { type OsvInterval, osvIntervals } from "./ranges.ts";
import type { OsvAffected, OsvRange, OsvRecord } from "./schema.ts";
import { field, list } from "./values.ts";

/** What a record's ranges carry besides their bounds. */
export interface RangeContext {
  vulnerabilities: readonly string[];
  /** Set for a distribution's advisory. */
  advisory?: string;
  severity?: Severity;
  url?: string;
}

/** Every package of the wanted ecosystem that a record speaks of, once, with one range per stretch of versions and vulnerability. */
export function osvAffected(record: OsvRecord, part: string, context: RangeContext, tally?: Tally): AffectedPackage[] {
  // by what they say: the same package stands in an advisory once for each processor or product
  const packages = new Map<string, Map<string, AffectedRange>>();
  for (const affected of part === "go" ? withMajorVersions(record.affected ?? []) : (record.affected ?? [])) {
    // a program's source without a package of any ecosystem: curl's own records
    const { ecosystem: spelled = "", name = "", purl } = affected.package ?? {};
    const ecosystem = osvEcosystem(spelled, purl);
    if (ecosystem === null) count(tally, spelled === "" ? "no package" : `ecosystem ${spelled.split(":")[0]}`);
    if (ecosystem?.ecosystem !== part || name === "") continue;
    for (const one of namedRanges(affected, name, ecosystem, record, tally)) {
      const ranges = packages.get(one.name) ?? new Map<string, AffectedRange>();
      packages.set(one.name, ranges);
      for (const vulnerability of context.vulnerabilities) {
        const range = rangeOf(vulnerability, one, ecosystem, affected, context);
        ranges.set(JSON.stringify(range), range);
      }
    }
  }
  return [...packages].flatMap(([name, ranges]) =>
    ranges.size === 0 ? [] : [{ ecosystem: part, package: name, ranges: [...ranges.values()] }],
  );
}

interface NamedRange extends OsvInterval {
  name: string;
  name_kind: NameKind;
  versions?: string[];
  module?: string;
}

/**
 * The stretches of one entry: its ranges; its list of versions only where no range says anything (lists are capped and grow old), and of
 * versions that have no place in the ecosystem's order, so that no range could hold them (`0.7.4.svn.r2010`).
 */
function namedRanges(
  affected: OsvAffected,
  name: string,
  ecosystem: OsvEcosystem,
  record: OsvRecord,
  tally?: Tally,
): NamedRange[] {
  const intervals = isListed(affected, ecosystem) ? [] : intervalsOf(affected, ecosystem);
  const named = { name: osvPackageName(ecosystem.ecosystem, name), name_kind: ecosystem.name_kind };
  if (intervals.length === 0) {
    const versions = affected.versions ?? [];
    if (versions.length === 0) count(tally, "no usable range");
    return versions.length === 0 ? [] : [{ ...named, versions: [...versions] }];
  }
  const binaries =
    ecosystem.ecosystem.startsWith("rpm:sles:") || ecosystem.ecosystem.startsWith("rpm:opensuse") ? suseBinaries(affected) : [];
  if (binaries.length > 0) return binaries.map(([binary, fixed]) => ({ name: binary, name_kind: "binary", fixed }));
  const unordered = unorderedVersions(affected, ecosystem);
  return [
    ...intervals.map((interval) => withModule({ ...named, ...interval }, ecosystem, record)),
    ...(unordered.length === 0 ? [] : [{ ...named, versions: unordered }]),
  ];
}

/** Listed versions that the ecosystem's order does not know. Distributions list what their ranges hold. */
function unorderedVersions({ versions }: OsvAffected, { distribution, scheme }: OsvEcosystem): string[] {
  if (distribution) return [];
  const order = versionOrder(scheme);
  return (versions ?? []).filter((version) => order.parse(version) === null);
}

/**
 * PyPA's records whose fix is only told as a commit have a range of versions without end beside it: what the fix's release is was not
 * known. The versions that it is not in are listed then, and later ones have it.
 */
function isListed(affected: OsvAffected, { ecosystem }: OsvEcosystem): boolean {
  const ranges = affected.ranges ?? [];
  const endless = ranges.filter(({ type, events }) => type === "ECOSYSTEM" && !events.some(endsRange));
  const fixedInGit = ranges.some(({ type, events }) => type === "GIT" && events.some(({ fixed }) => fixed !== undefined));
  return ecosystem === "pypi" && (affected.versions ?? []).length > 0 && endless.length === 1 && fixedInGit;
}

function endsRange({ fixed, last_affected, limit }: OsvRange["events"][number]): boolean {
  return fixed !== undefined || last_affected !== undefined || limit !== undefined;
}

function intervalsOf(affected: OsvAffected, ecosystem: OsvEcosystem): OsvInterval[] {
  const ranges = affected.ranges ?? [];
  const intervals = ranges.flatMap((range) => osvIntervals(range, ecosystem.scheme));
  const last = intervals.at(-1);
  if (last === undefined || last.fixed !== undefined || last.last_affected !== undefined) return intervals;
  if (ecosystem.ecosystem === "go") return [...intervals.slice(0, -1), ...goCustomIntervals(affected, last)];
  // GitHub's advisories without a fixed version: the last that is known to be affected stands beside the range
  const [, sign, version] = /^(<=?) ?(\S+)$/.exec(field(affected.database_specific, "last_known_affected_version_range")) ?? [];
  if (version === undefined) return intervals;
  return [...intervals.slice(0, -1), { ...last, ...(sign === "<" ? { fixed: version } : { last_affected: version }) }];
}

/** SUSE names the packages of an update with their versions: `[{"libqt4": "4.8.6-7.1", …}]`. */
function suseBinaries(affected: OsvAffected): [string, string][] {
  return list(affected.ecosystem_specific, "binaries").flatMap((binaries) =>
    typeof binaries === "object" && binaries !== null
      ? Object.entries(binaries).filter((entry): entry is [string, string] => typeof entry[1] === "string")
      : [],
  );
}

/**
 * A package of a module is compared within its stream only. The advisory's title names it (`Important: nodejs:18 security update`), else
 * its packages do (`varnish security update`).
 */
function withModule(range: NamedRange, ecosystem: OsvEcosystem, record: OsvRecord): NamedRange {
  if (ecosystem.scheme !== "rpm" || !isModuleBuild(range.fixed ?? "")) return range;
  return { ...range, module: moduleInTitle(record.summary ?? "") ?? moduleOfBuilds(buildsOf(record)) };
}

function buildsOf({ affected }: OsvRecord): { name: string; evr: string }[] {
  return (affected ?? []).flatMap(({ package: what, ranges }) =>
    (ranges ?? []).flatMap(({ events }) =>
      events.flatMap(({ fixed }) => (fixed === undefined ? [] : [{ name: what?.name ?? "", evr: fixed }])),
    ),
  );
}

function rangeOf(
  vulnerability: string,
  one: NamedRange,
  ecosystem: OsvEcosystem,
  affected: OsvAffected,
  context: RangeContext,
): AffectedRange {
  const { introduced, fixed, last_affected, versions, module } = one;
  const bounds = Object.fromEntries(
    Object.entries({ introduced, fixed, last_affected, versions, module }).filter(([, value]) => value !== undefined),
  );
  const urgency = field(affected.ecosystem_specific, "urgency");
  const range: AffectedRange = {
    vulnerability,
    status: "affected",
    provider: ecosystem.provider,
    name_kind: one.name_kind,
    scheme: ecosystem.scheme,
    ...bounds,
    fix:
      fixed !== undefined ? "fixed" : urgency === "end-of-life" ? "end_of_life" : ecosystem.distribution ? "unfixed" : "unknown",
  };
  if (ecosystem.channel !== undefined) range.channel = ecosystem.channel;
  if (urgency === "unimportant")
    range.suppressed = "Debian rates it unimportant: it is no security problem of the package as Debian builds it.";
  const severity = URGENCIES[urgency] ?? context.severity;
  if (severity !== undefined) range.severity = severity;
  if (context.advisory !== undefined) range.advisory = context.advisory;
  if (context.url !== undefined) range.url = context.url;
  return range;
}

const URGENCIES: Readonly<Record<string, Severity>> = { high: "high", medium: "medium", low: "low", unimportant: "low" };
