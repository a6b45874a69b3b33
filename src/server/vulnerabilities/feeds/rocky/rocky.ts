import type { FeedInput, FeedItems, RecordFeed } from "../feed.ts";
import { fleetReleases } from "../formats/fleet-releases.ts";
import { syncRepositories } from "../formats/repository.ts";
import { updateinfoRecords } from "../formats/updateinfo.ts";

/** Rocky Linux: the advisories (RLSA) of its repositories. Their other form is OSV. */
export const rocky: RecordFeed = {
  name: "rocky",
  kind: "records",
  title: "Rocky Linux security advisories",
  publisher: "Rocky Enterprise Software Foundation",
  homepage: "https://errata.rockylinux.org/",
  licence: "BSD-3-Clause",
  purpose: "Fixed versions of Rocky Linux's packages.",
  everySeconds: 6 * 3600,
  parts: (fleet) => fleetReleases(fleet, "rpm:rocky:", "rocky:", /^\d+/u),
  sync: (part, io) =>
    syncRepositories(
      [
        ...["BaseOS", "AppStream", part === "8" ? "PowerTools" : "CRB", "extras"].map((name) => baseOf(part, name)),
        // real-time kernels, network functions, storage and SAP: not every release has each
        ...["HighAvailability", "RT", "NFV", "ResilientStorage", "SAP", "SAPHANA"].map((name) => ({
          base: baseOf(part, name),
          optional: true as const,
        })),
      ],
      io,
      (input) => parseRocky(input, part),
    ),
  files: [
    {
      pattern: /(?:^|\/)rocky\/(\d+)(?:\.\d+)?\/[^/]+\/[^/]+\/os\/repodata\/[^/]*updateinfo\.xml(?:\.\w+)?$/u,
      part: (match) => match[1] ?? null,
      parse: parseRocky,
    },
  ],
};

function baseOf(release: string, repository: string): string {
  return `https://dl.rockylinux.org/pub/rocky/${release}/${repository}/x86_64/os/`;
}

/** @param part the major release: `9` */
export function parseRocky(input: FeedInput, part: string): FeedItems {
  return updateinfoRecords(input, {
    ecosystem: `rpm:rocky:${part}`,
    everyArch: true,
    url: ({ id }) => `https://errata.rockylinux.org/${id}`,
  });
}
