import type { FeedInput, FeedItems, RecordFeed } from "../feed.ts";
import { fleetReleases } from "../formats/fleet-releases.ts";
import { syncRepositories } from "../formats/repository.ts";
import { updateinfoRecords } from "../formats/updateinfo.ts";

const REPOSITORIES = ["BaseOS", "AppStream", "CRB", "HighAvailability", "extras"];
/** Real-time kernels, network functions, storage and SAP: not every release has each. */
const OPTIONAL = ["RT", "NFV", "ResilientStorage", "SAP", "SAPHANA"];

/** AlmaLinux: the advisories (ALSA) of its repositories. */
export const alma: RecordFeed = {
  name: "alma",
  kind: "records",
  title: "AlmaLinux security advisories",
  publisher: "AlmaLinux OS Foundation",
  homepage: "https://errata.almalinux.org/",
  licence: "CC BY 4.0",
  purpose: "Fixed versions of AlmaLinux's packages.",
  everySeconds: 6 * 3600,
  parts: (fleet) => fleetReleases(fleet, "rpm:almalinux:", "almalinux:", /^\d+/u),
  sync: (part, io) =>
    syncRepositories(
      [
        ...REPOSITORIES.map((name) => baseOf(part, part === "8" && name === "CRB" ? "PowerTools" : name)),
        ...OPTIONAL.map((name) => ({ base: baseOf(part, name), optional: true as const })),
      ],
      io,
      (input) => parseAlma(input, part),
    ),
  files: [
    {
      pattern: /(?:^|\/)almalinux\/(\d+)(?:\.\d+)?\/[^/]+\/[^/]+\/os\/repodata\/[^/]*updateinfo\.xml(?:\.\w+)?$/u,
      part: (match) => match[1] ?? null,
      parse: parseAlma,
    },
  ],
};

function baseOf(release: string, repository: string): string {
  return `https://repo.almalinux.org/almalinux/${release}/${repository}/x86_64/os/`;
}

/** @param part the major release: `9` */
export function parseAlma(input: FeedInput, part: string): FeedItems {
  return updateinfoRecords(input, {
    ecosystem: `rpm:almalinux:${part}`,
    everyArch: true,
    url: ({ id, url }) => url ?? `https://errata.almalinux.org/${part}/${id.replace(":", "-")}.html`,
  });
}
