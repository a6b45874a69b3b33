import type { FeedInput, FeedItems, RecordFeed } from "../feed.ts";
import { fleetReleases } from "../formats/fleet-releases.ts";
import { syncRepositories, type Repository } from "../formats/repository.ts";
import { updateinfoRecords } from "../formats/updateinfo.ts";

/** Fedora: the security updates of a release's repository, as Bodhi publishes them. */
export const fedora: RecordFeed = {
  name: "fedora",
  kind: "records",
  title: "Fedora security updates",
  publisher: "Fedora Project",
  homepage: "https://bodhi.fedoraproject.org/",
  licence: "MIT",
  purpose: "Fixed versions of Fedora's packages.",
  everySeconds: 6 * 3600,
  parts: (fleet) => fleetReleases(fleet, "rpm:fedora:", "fedora:", /^\d+/u),
  sync: (part, io) => syncRepositories([repositoryOf(part)], io, (input) => parseFedora(input, part)),
  files: [
    {
      pattern: /(?:^|\/)fedora\/(?:linux\/)?updates\/(\d+)\/[^/]+\/[^/]+\/repodata\/[^/]*updateinfo\.xml(?:\.\w+)?$/u,
      part: (match) => match[1] ?? null,
      parse: parseFedora,
    },
  ],
};

/** A release that has ended is moved to the archive. */
function repositoryOf(release: string): Repository {
  const path = `fedora/linux/updates/${release}/Everything/x86_64/`;
  return { base: `https://dl.fedoraproject.org/pub/${path}`, archive: `https://archives.fedoraproject.org/pub/archive/${path}` };
}

/** @param part the release: `42` */
export function parseFedora(input: FeedInput, part: string): FeedItems {
  return updateinfoRecords(input, {
    ecosystem: `rpm:fedora:${part}`,
    everyArch: true,
    url: ({ id, url }) => url ?? `https://bodhi.fedoraproject.org/updates/${id}`,
  });
}
