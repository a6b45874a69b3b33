import { objectOf, objectsAt, ShapeError, textAt, textsAt } from "#domain/vulnerability/loose-json.ts";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { FeedError, syncWhole } from "../feed.ts";
import type { BadRecord, FeedInput, FeedItem, RecordFeed } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { CVE_ID } from "../nvd/parse-nvd.ts";

const URL_OF_LIST = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
/** 1,674 in August 2026. */
const MAX_ENTRIES = 50_000;

/**
 * The list of CISA: `{catalogVersion, dateReleased, count, vulnerabilities: [{cveID, dateAdded, …}]}`.
 *
 * @throws {FeedError} when the publisher's list has another number of entries than it says
 */
async function* parseKev(input: FeedInput): AsyncGenerator<FeedItem> {
  yield* kevRecords(await jsonDocument(input), input.name, true);
}

/** As {@link parseKev}, for a file that somebody may have cut on purpose. */
export async function* parseKevFile(input: FeedInput): AsyncGenerator<FeedItem> {
  yield* kevRecords(await jsonDocument(input), input.name, false);
}

/** @param counted the number of entries must be the one that the list says */
export function* kevRecords(document: unknown, name: string, counted: boolean): Generator<FeedItem> {
  const list = objectOf(document, name);
  const entries = objectsAt(list, "vulnerabilities", MAX_ENTRIES);
  const { count } = list as { count?: unknown };
  if (counted && count !== entries.length) {
    throw new FeedError(`${name} says that it has ${JSON.stringify(count)} entries and has ${entries.length}`);
  }
  for (const entry of entries) yield kevRecord(entry);
}

function kevRecord(entry: Readonly<Record<string, unknown>>): FeedRecord | BadRecord {
  let id = "an entry without an id";
  try {
    id = textAt(entry, "cveID", 100) ?? id;
    if (!CVE_ID.test(id)) return { bad: id, why: "its cveID is no CVE id" };
    const added = day(textAt(entry, "dateAdded", 20));
    if (added === undefined) return { bad: id, why: "its dateAdded is no day" };
    const due = day(textAt(entry, "dueDate", 20));
    const action = textAt(entry, "requiredAction", 2000);
    const title = textAt(entry, "vulnerabilityName", 500);
    const description = textAt(entry, "shortDescription", 6000);
    const cwes = textsAt(entry, "cwes", 100).filter((cwe) => /^CWE-\d{1,5}$/.test(cwe));
    const facts = {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(cwes.length === 0 ? {} : { cwes }),
      exploit: true as const,
      kev: {
        date_added: added,
        ...(due === undefined ? {} : { due_date: due }),
        ransomware: textAt(entry, "knownRansomwareCampaignUse", 20)?.toLowerCase() === "known",
        ...(action === undefined ? {} : { required_action: action }),
        source: "CISA",
      },
    };
    return { name: id, vulnerabilities: [id], facts, affected: [] };
  } catch (error) {
    if (error instanceof ShapeError) return { bad: id, why: error.message };
    throw error;
  }
}

/** A day as YYYY-MM-DD; longer times are cut. */
export function day(text: string | undefined): string | undefined {
  const found = text === undefined ? null : /^(\d{4}-\d\d-\d\d)(?:T|$)/.exec(text);
  return found === null || Number.isNaN(Date.parse(found[1] ?? "")) ? undefined : found[1];
}

/** CISA's list of vulnerabilities that are known to be exploited. */
export const KEV_FEED: RecordFeed = {
  name: "kev",
  kind: "records",
  title: "Known exploited vulnerabilities",
  publisher: "CISA",
  homepage: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
  licence: "CC0-1.0",
  purpose: "Which vulnerabilities are exploited, and by ransomware.",
  everySeconds: 3600,
  parts: (fleet) => (fleet.scopes.length === 0 ? [] : ["all"]),
  sync: syncWhole(() => [URL_OF_LIST], parseKev),
  files: [
    {
      pattern: /(?:^|\/)known_exploited_vulnerabilities(?!_schema)[^/]*\.json(?:\.gz|\.zst|\.xz)?$/,
      part: () => "all",
      parse: parseKevFile,
    },
  ],
};
