import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedItem, RecordFeed } from "../feed.ts";
import { syncWhole } from "../feed.ts";
import type { OvalDefinition } from "../formats/oval/oval-document.ts";
import { ovalRecords, type OvalReading } from "../formats/oval/oval-records.ts";
import { joinNotices } from "./join-notices.ts";
import { ubuntuChannel, ubuntuReleases, ubuntuVersion } from "./releases.ts";

/** Ubuntu's security notices as OVAL, a file for each release: binary packages and running kernels, fixed issues only. */
export const ubuntuOval: RecordFeed = {
  name: "ubuntu-oval",
  kind: "records",
  title: "Ubuntu security notices (OVAL)",
  publisher: "Canonical",
  homepage: "https://ubuntu.com/security/oval",
  licence: "GPL-3.0-only",
  purpose: "Which binary packages and kernels of an Ubuntu release each security notice mends.",
  everySeconds: 6 * 3600,
  parts: ubuntuReleases,
  sync: syncWhole(
    (part) => [`https://security-metadata.canonical.com/oval/com.ubuntu.${part}.usn.oval.xml.bz2`],
    parseUbuntuOval,
  ),
  files: [
    {
      pattern: /(?:^|\/)(?:oci\.)?com\.ubuntu\.([a-z]+)\.(?:usn|cve|pkg)\.oval(?:\.rebuilt)?\.xml(?:\.(?:bz2|gz))?$/u,
      part: (match) => (ubuntuVersion(match[1] ?? "") === null ? null : (match[1] ?? null)),
      parse: parseUbuntuOval,
    },
  ],
};

/** @param part code name of the release: `jammy` */
export async function* parseUbuntuOval(input: FeedInput, part: string): AsyncGenerator<FeedItem> {
  const records: FeedRecord[] = [];
  for await (const item of ovalRecords(input, readingOf(part))) {
    if ("bad" in item) yield item;
    else records.push(item);
  }
  yield* joinNotices(records);
}

function readingOf(part: string): OvalReading {
  return {
    ecosystem: `deb:ubuntu:${ubuntuVersion(part)}`,
    provider: "ubuntu-oval",
    scheme: "dpkg",
    name_kind: "binary",
    wanted: () => true,
    release: () => true,
    cvssSource: "Ubuntu",
    refine,
  };
}

function refine(range: AffectedRange, { definition, comment }: { definition: OvalDefinition; comment: string }): AffectedRange {
  const notice = definition.references.find(({ source }) => source === "USN");
  const channel = ubuntuChannel(range.fixed ?? "", comment.toLowerCase());
  return {
    ...range,
    ...(channel !== undefined && { channel }),
    ...(notice !== undefined && { advisory: notice.id, url: notice.url ?? `https://ubuntu.com/security/notices/${notice.id}` }),
  };
}
