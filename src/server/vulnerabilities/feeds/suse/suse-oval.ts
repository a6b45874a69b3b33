import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { syncWhole, type FeedInput, type FeedItems, type RecordFeed } from "../feed.ts";
import { ovalRecords } from "../formats/oval/oval-records.ts";
import type { OvalDefinition } from "../formats/oval/oval-document.ts";
import { suseProduct, suseReleases } from "./products.ts";

const BASE = "https://ftp.suse.com/pub/projects/security/oval/";

/** SUSE's OVAL: a file for each major release with all its service packs and modules. */
export const suseOval: RecordFeed = {
  name: "suse-oval",
  kind: "records",
  title: "SUSE OVAL",
  publisher: "SUSE",
  homepage: "https://www.suse.com/support/security/oval/",
  licence: "SUSE",
  purpose: "Fixed and affected packages of SUSE Linux Enterprise and openSUSE as definitions for scanners, beside the CSAF data.",
  everySeconds: 24 * 3600,
  parts: suseReleases,
  sync: syncWhole((part) => [`${BASE}${fileOf(part)}`], parseSuseOval),
  files: [
    {
      pattern: /(?:^|\/)(?:open)?suse[\w.]*?(?:-affected|-patch)?\.xml(?:\.(?:gz|bz2))?$/u,
      part: () => "*",
      parse: parseSuseOval,
    },
  ],
};

function fileOf(part: string): string {
  if (part === "opensuse-tumbleweed") return "opensuse.tumbleweed.xml.gz";
  const [product = "", release = ""] = part.split(":");
  const major = Number(release.split(".")[0]);
  if (product.startsWith("opensuse-")) return `${product.replaceAll("-", ".")}.${release}.xml.gz`;
  if (product === "sle-micro") return `suse.linux.${major < 6 ? "enterprise." : ""}micro.${major}-affected.xml.gz`;
  return major < 12 ? `suse.linux.enterprise.server.${major}.xml.gz` : `suse.linux.enterprise.${major}-affected.xml.gz`;
}

/** @param part the release: `sles:15.4` */
export function parseSuseOval(input: FeedInput, part: string): FeedItems {
  return ovalRecords(input, {
    ecosystem: `rpm:${part}`,
    provider: "suse-oval",
    scheme: "rpm",
    name_kind: "binary",
    wanted: ({ platforms }) => platforms.some((platform) => suseProduct(platform)?.release === part),
    release: (comment) => suseProduct(comment.replace(/ is installed$/u, ""))?.release === part,
    cvssSource: "SUSE",
    refine,
  });
}

function refine(range: AffectedRange, { definition }: { definition: OvalDefinition }): AffectedRange {
  // a definition tells of updates for several releases, and not which of them is for which
  const updates = definition.references.filter(({ source }) => source === "SUSE-SU");
  const [only] = updates;
  return {
    ...range,
    url: `https://www.suse.com/security/cve/${range.vulnerability}.html`,
    ...(updates.length === 1 && only !== undefined && { advisory: only.id }),
  };
}
