import { FeedError } from "../feed.ts";
import type { FeedInput, FeedIo, FeedItem, ScoreFeed, SyncResult } from "../feed.ts";
import type { EpssScore } from "#domain/vulnerability/model.ts";
import { lines } from "../formats/json-values.ts";
import { CVE_ID } from "../nvd/parse-nvd.ts";

const CURRENT = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";

/** What the first line tells since 2022: `#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000`. */
export interface EpssHeader {
  score_date?: string;
}

/**
 * One day's scores: `cve,epss,percentile`, without percentile before September 2021 and without the line about the model before 2022.
 *
 * @param header is filled when the first line is read
 * @throws {FeedError} when the columns are others
 */
export async function* parseEpss(input: FeedInput, header: EpssHeader = {}): AsyncGenerator<FeedItem<EpssScore>> {
  let columns: number | null = null;
  for await (const line of lines(input)) {
    const text = line.trim();
    if (text === "") continue;
    if (columns !== null) {
      yield scoreOf(text, columns);
    } else if (text.startsWith("#")) {
      header.score_date = scoreDate(text);
    } else {
      columns = columnsOf(text);
      if (columns === null) throw new FeedError(`${input.name} does not begin with the columns cve,epss,percentile`);
    }
  }
  if (columns === null) throw new FeedError(`${input.name} is empty`);
}

function columnsOf(text: string): number | null {
  if (text === "cve,epss,percentile") return 3;
  return text === "cve,epss" ? 2 : null;
}

function scoreDate(text: string): string | undefined {
  const found = /score_date:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\+0000|Z)/.exec(text);
  return found === null ? undefined : `${found[1] ?? ""}Z`;
}

function scoreOf(text: string, columns: number): FeedItem<EpssScore> {
  const [cve = "", epss = "", percentile] = text.split(",");
  const score = share(epss);
  const rank = columns === 2 ? null : share(percentile ?? "");
  if (!CVE_ID.test(cve) || score === undefined || rank === undefined)
    return { bad: cve.slice(0, 50), why: "it is not a CVE with numbers from 0 to 1" };
  return { cve, epss: score, percentile: rank };
}

function share(text: string): number | undefined {
  const value = /^\d(?:\.\d+)?(?:e-\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && value <= 1 ? value : undefined;
}

async function sync(_part: string, io: FeedIo): Promise<SyncResult<EpssScore>> {
  const file = await io.get(CURRENT);
  if (!file.changed) return { mode: "unchanged" };
  const header: EpssHeader = {};
  return { mode: "full", items: parseEpss(file, header), dataAsOf: () => header.score_date };
}

/** The day's probability that a vulnerability will be exploited within 30 days. */
export const EPSS_FEED: ScoreFeed = {
  name: "epss",
  kind: "scores",
  title: "Exploit Prediction Scoring System",
  publisher: "FIRST",
  homepage: "https://www.first.org/epss/",
  licence: "free with credit to FIRST",
  purpose: "How likely it is that a vulnerability will be exploited.",
  everySeconds: 6 * 3600,
  parts: (fleet) => (fleet.scopes.length === 0 ? [] : ["all"]),
  sync,
  files: [
    {
      pattern: /(?:^|\/)epss_scores-(?:current|\d{4}-\d\d-\d\d)[^/]*\.csv(?:\.gz|\.zst|\.xz)?$/,
      part: () => "all",
      parse: (input) => parseEpss(input),
    },
  ],
};
