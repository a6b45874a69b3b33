import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { objectOf, objectsAt, ShapeError, textAt, textsAt } from "#domain/vulnerability/loose-json.ts";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { FeedError } from "../feed.ts";
import type { BadRecord, Download, FeedInput, FeedIo, FeedItem, RecordFeed, SyncResult } from "../feed.ts";
import { archiveMembers } from "../formats/archive.ts";
import { countReduced } from "../formats/tally.ts";
import { day } from "../kev/kev-feed.ts";
import { CVE_ID, vulncheckRecord } from "../nvd/parse-nvd.ts";

const API = "https://api.vulncheck.com/v3/backup";
/** The account's token; without it nothing is asked. */
const TOKEN = "MUSTER_VULNCHECK_TOKEN";

/** A zip of `nvdcve-2.0-NNN.json.gz` files: NVD's shape with VulnCheck's own configurations. */
export async function* parseNvdPlus(input: FeedInput): AsyncGenerator<FeedItem> {
  const leftOut = nothingLeftOut();
  for await (const member of archiveMembers(input, (path) => /nvdcve-2\.0-[^/]*\.json(?:\.gz)?$/.test(path))) {
    const page = objectOf(member.json(), member.path);
    for (const value of objectsAt(page, "vulnerabilities", 500_000)) yield vulncheckRecord(value, leftOut);
  }
  countReduced(input.tally, leftOut);
}

/** A zip of `vulncheck_known_exploited_vulnerabilities.json`: a list of `{cve: [], date_added, …}`. */
async function* parseVulncheckKev(input: FeedInput): AsyncGenerator<FeedItem> {
  const byCve = new Map<string, FeedItem>();
  for await (const member of archiveMembers(input, (path) => /known_exploited_vulnerabilities[^/]*\.json$/.test(path))) {
    for (const entry of objectsAt({ entries: member.json() }, "entries", 200_000)) {
      for (const item of exploitedRecords(entry)) byCve.set("name" in item ? item.name : JSON.stringify(item), item);
    }
  }
  yield* byCve.values();
}

/** One entry may be about several CVEs. */
function exploitedRecords(entry: Readonly<Record<string, unknown>>): (FeedRecord | BadRecord)[] {
  try {
    const ids = textsAt(entry, "cve", 1000);
    const added = day(textAt(entry, "date_added", 40));
    if (added === undefined || ids.length === 0)
      return [{ bad: ids[0] ?? "an entry without a CVE", why: "it has no date_added or no CVE" }];
    const due = day(textAt(entry, "dueDate", 40));
    const action = textAt(entry, "required_action", 2000);
    const kev = {
      date_added: added,
      ...(due === undefined ? {} : { due_date: due }),
      ransomware: textAt(entry, "knownRansomwareCampaignUse", 20)?.toLowerCase() === "known",
      ...(action === undefined ? {} : { required_action: action }),
      source: "VulnCheck",
    };
    return ids.map((id) =>
      CVE_ID.test(id)
        ? { name: id, vulnerabilities: [id], facts: { exploit: true as const, kev }, affected: [] }
        : { bad: id.slice(0, 50), why: "it is no CVE id" },
    );
  } catch (error) {
    if (error instanceof ShapeError) return [{ bad: textAt(entry, "vulnerabilityName", 100) ?? "an entry", why: error.message }];
    throw error;
  }
}

/** Asks for the newest backup: its address is signed and short-lived, so it tells by digest whether it is the one that is loaded. */
async function backup(index: string, io: FeedIo): Promise<{ file: Download; sha256: string } | null> {
  const token = io.option(TOKEN);
  if (token === null) return null;
  const answer = objectOf(
    await io.json(`${API}/${index}`, { headers: { authorization: `Bearer ${token}` } }),
    "VulnCheck's answer",
  );
  const [newest] = objectsAt(answer, "data", 100);
  const url = newest === undefined ? undefined : textAt(newest, "url", 4000);
  const sha256 = newest === undefined ? undefined : textAt(newest, "sha256", 64)?.toLowerCase();
  if (url === undefined || sha256 === undefined || !url.startsWith("https://"))
    throw new FeedError(`VulnCheck has no backup of ${index}`);
  const { cursor } = io;
  if (typeof cursor === "object" && cursor !== null && (cursor as { sha256?: unknown }).sha256 === sha256) return null;
  return { file: await io.get(url, { always: true, sha256 }), sha256 };
}

function syncBackup(
  index: string,
  parse: (input: FeedInput) => AsyncIterable<FeedItem>,
): (part: string, io: FeedIo) => Promise<SyncResult> {
  return async (_part, io) => {
    const found = await backup(index, io);
    if (found === null) return { mode: "unchanged" };
    return { mode: "full", items: parse(found.file), cursor: () => ({ sha256: found.sha256 }) };
  };
}

const COMMON = {
  kind: "records",
  publisher: "VulnCheck",
  homepage: "https://vulncheck.com/",
  licence: "terms of your VulnCheck account",
  parts: (fleet: { scopes: readonly unknown[] }) => (fleet.scopes.length === 0 ? [] : ["all"]),
} as const;

/** Optional: versions for CVEs that nobody else has analysed. */
export const VULNCHECK_FEED: RecordFeed = {
  ...COMMON,
  name: "vulncheck",
  title: "VulnCheck NVD++",
  purpose: "Versions of programs for CVEs that NVD has not analysed; needs an account (MUSTER_VULNCHECK_TOKEN).",
  everySeconds: 6 * 3600,
  sync: syncBackup("nist-nvd2", parseNvdPlus),
  files: [{ pattern: /(?:^|\/)nist-nvd2-\d+\.zip$/, part: () => "all", parse: parseNvdPlus }],
};

/** Optional: more vulnerabilities that are exploited than CISA lists. */
export const VULNCHECK_KEV_FEED: RecordFeed = {
  ...COMMON,
  name: "vulncheck-kev",
  title: "VulnCheck KEV",
  purpose: "Vulnerabilities that are exploited, also those that CISA does not list; needs an account (MUSTER_VULNCHECK_TOKEN).",
  everySeconds: 6 * 3600,
  sync: syncBackup("vulncheck-kev", parseVulncheckKev),
  files: [{ pattern: /(?:^|\/)vulncheck-kev-\d+\.zip$/, part: () => "all", parse: parseVulncheckKev }],
};
