import type { AffectedRange } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedItems, RecordFeed } from "../feed.ts";
import { syncWhole } from "../feed.ts";
import type { OvalDefinition } from "../formats/oval/oval-document.ts";
import { ovalRecords, type OvalReading } from "../formats/oval/oval-records.ts";
import { redhatFixState } from "./fix-state.ts";
import { redhatReleases } from "./releases.ts";

const BASE = "https://security.access.redhat.com/data/oval/v2";

/** Red Hat's OVAL v2, a file for each major release with what is fixed and what is not; no longer extended by its publisher. */
export const redhatOval: RecordFeed = {
  name: "redhat-oval",
  kind: "records",
  title: "Red Hat OVAL",
  publisher: "Red Hat",
  homepage: "https://www.redhat.com/security/data/oval/v2/",
  licence: "CC BY 4.0",
  purpose: "Vulnerabilities of Red Hat Enterprise Linux as definitions for scanners, beside the CSAF data that took their place.",
  everySeconds: 24 * 3600,
  parts: (fleet) => redhatReleases(fleet),
  sync: syncWhole((part) => [`${BASE}/RHEL${part}/rhel-${part}-including-unpatched.oval.xml.bz2`], parseRedhatOval),
  files: [
    {
      pattern: /(?:^|\/)rhel-(\d+)(?:-including-unpatched)?\.oval(?:\.rebuilt)?\.xml(?:\.(?:bz2|gz))?$/u,
      part: (match) => match[1] ?? null,
      parse: parseRedhatOval,
    },
  ],
};

/** @param part the major release: `8` */
export function parseRedhatOval(input: FeedInput, part: string): FeedItems {
  return ovalRecords(input, redhatReading(part));
}

function redhatReading(release: string): OvalReading {
  return {
    ecosystem: `rpm:rhel:${release}`,
    provider: "redhat-oval",
    scheme: "rpm",
    name_kind: "binary",
    // files of other products (JBoss, OpenShift) have the same form and file names of their own; bug fixes and features are no vulnerabilities
    wanted: ({ class: kind }) => kind === "patch" || kind === "vulnerability",
    // `^7[^\\d]`: definitions for several releases have a branch for each
    release: (_comment, version) => version === "" || version.startsWith(`^${release}[`),
    cvssSource: "Red Hat",
    refine,
  };
}

function refine(range: AffectedRange, about: { definition: OvalDefinition; package: string }): AffectedRange {
  const { definition } = about;
  if (/redhat\.unaffected/u.test(definition.id)) return { ...range, status: "not_affected", fix: "unknown" };
  const state = range.fixed === undefined ? resolutionOf(definition, about.package) : undefined;
  const advisory = definition.references.find(({ source }) => /^RH[SBE]A$/u.test(source));
  return {
    ...withoutPatchedKernel(range, about.package),
    ...(state !== undefined && redhatFixState(state)),
    ...(advisory !== undefined && {
      advisory: advisory.id,
      url: advisory.url ?? `https://access.redhat.com/errata/${advisory.id}`,
    }),
  };
}

/** The state of a source component is that of the packages made of it; a definition about one component needs no more. */
function resolutionOf(definition: OvalDefinition, packageName: string): string | undefined {
  const [only] = definition.resolutions.values();
  return definition.resolutions.get(packageName) ?? (new Set(definition.resolutions.values()).size === 1 ? only : undefined);
}

/** A live patch carries the kernel it patches in its name: that the kernel must be installed too is no open question. */
function withoutPatchedKernel(range: AffectedRange, packageName: string): AffectedRange {
  if (!packageName.startsWith("kpatch-patch-")) return range;
  const { platform: _, ...rest } = range;
  return rest;
}
