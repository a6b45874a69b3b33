import { reduceConfigurations } from "#domain/vulnerability/cpe-configurations.ts";
import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import type { LeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { objectAt, objectOf, objectsAt, ShapeError, textAt } from "#domain/vulnerability/loose-json.ts";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { syncWhole } from "../feed.ts";
import type { BadRecord, FeedInput, FeedItem, RecordFeed } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { jsonLines } from "../formats/json-values.ts";
import { countReduced } from "../formats/tally.ts";
import { CVE_ID } from "../nvd/parse-nvd.ts";

const REPOSITORY = "https://codeload.github.com/anchore/nvd-data-overrides/tar.gz/refs/heads/main";

/**
 * A correction of NVD: `{_annotation: {cve_id, …}, cve: {configurations}}`, for records that NVD has not analysed or got wrong. One without
 * configurations, or with the placeholder `null:null`, says that nothing can be said.
 *
 * @param leftOut counts criteria that gave no range
 */
export function overrideRecord(value: unknown, leftOut: LeftOut): FeedRecord | BadRecord {
  let id = "a record without an id";
  try {
    const record = objectOf(value, "a record");
    id = textAt(objectAt(record, "_annotation"), "cve_id", 100) ?? id;
    if (!CVE_ID.test(id)) return { bad: id, why: "its _annotation.cve_id is no CVE id" };
    const configurations = objectsAt(objectAt(record, "cve"), "configurations", 20_000);
    return {
      name: id,
      vulnerabilities: [id],
      facts: null,
      affected: reduceConfigurations(configurations, id, "override", leftOut),
    };
  } catch (error) {
    if (error instanceof ShapeError) return { bad: id, why: error.message };
    throw error;
  }
}

export async function* parseOverrideLines(input: FeedInput): AsyncGenerator<FeedItem> {
  const leftOut = nothingLeftOut();
  for await (const value of jsonLines(input)) yield overrideRecord(value, leftOut);
  countReduced(input.tally, leftOut);
}

/** The repository: one file a CVE, `data/2024/CVE-2024-0001.json`. */
async function* parseOverrideArchive(input: FeedInput): AsyncGenerator<FeedItem> {
  const leftOut = nothingLeftOut();
  for await (const member of archiveMembers(input, (path) => /(?:^|\/)CVE-\d{4}-\d+\.json$/.test(path))) {
    yield overrideRecord(member.json(), leftOut);
  }
  countReduced(input.tally, leftOut);
}

/** Anchore's public corrections of NVD. */
export const NVD_OVERRIDES_FEED: RecordFeed = {
  name: "nvd-overrides",
  kind: "records",
  title: "NVD data overrides",
  publisher: "Anchore",
  homepage: "https://github.com/anchore/nvd-data-overrides",
  licence: "CC0-1.0",
  purpose: "Versions of programs for CVEs that NVD has not analysed.",
  everySeconds: 24 * 3600,
  parts: (fleet) => (fleet.scopes.length === 0 ? [] : ["all"]),
  sync: syncWhole(() => [REPOSITORY], parseOverrideArchive),
  files: [
    {
      pattern: /(?:^|\/)[^/]*nvd-(?:data-)?overrides[^/]*\.jsonl(?:\.gz|\.zst|\.xz)?$/,
      part: () => "all",
      parse: parseOverrideLines,
    },
    { pattern: /(?:^|\/)nvd-data-overrides[^/]*\.(?:tar\.gz|tgz|zip)$/, part: () => "all", parse: parseOverrideArchive },
  ],
};
