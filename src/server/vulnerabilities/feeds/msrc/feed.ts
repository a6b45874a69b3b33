import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { FeedError, type FeedIo, type FleetNeeds, type RecordFeed, type SyncResult } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { parseMsrc } from "./parse.ts";

const API = "https://api.msrc.microsoft.com/cvrf/v3.0";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** The API begins in April 2016. */
const FIRST = { year: 2016, month: 3 };
/** Office 2019 for Mac, the first release that has the versions of today, came out in this month. */
const FIRST_FOR_MAC = { year: 2018, month: 8 };
/** Years of documents for programs only: Edge and its like have long been updated past older ones. */
const YEARS_WITHOUT_WINDOWS = 3;
const LIST_FRESH_SECONDS = 1800;

const UPDATES = Compile(
  Type.Object({
    value: Type.Array(Type.Object({ ID: Type.String({ maxLength: 100 }), CurrentReleaseDate: Type.String({ maxLength: 100 }) }), {
      maxItems: 10_000,
    }),
  }),
);

/** Microsoft's security updates. A part is a month's document, `2024-Oct`; one that was revised is read again. */
export const MSRC_FEED: RecordFeed = {
  name: "msrc",
  kind: "records",
  title: "Microsoft Security Update Guide (CVRF)",
  publisher: "Microsoft Security Response Center",
  homepage: "https://msrc.microsoft.com/update-guide",
  licence: "Microsoft's terms of use",
  purpose: "Which build of Windows, Edge, .NET, Visual Studio, SQL Server and Exchange fixed which vulnerability.",
  everySeconds: 6 * 3600,
  parts: monthsFor,
  sync,
  files: [
    {
      pattern:
        /(?:^|\/)(\d{4}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))(?:\.cvrf)?(?:\.original)?(?:\.xml|\.json)?(?:\.gz|\.bz2|\.zst)?$/,
      part: ([, month = ""]) => month,
      parse: (input) => parseMsrc(input),
    },
  ],
};

function monthsFor({ scopes, ecosystems, today }: FleetNeeds): string[] {
  const hasWindows = scopes.some(({ family }) => family === "windows");
  if (!hasWindows && !ecosystems.has("cpe")) return [];
  const [year = FIRST.year, month = 1] = today.split("-").map(Number);
  const hasMac = scopes.some(({ family }) => family === "darwin");
  const recent = { year: year - YEARS_WITHOUT_WINDOWS, month: month - 1 };
  const from = hasWindows ? FIRST : hasMac ? FIRST_FOR_MAC : recent;
  const count = (year - from.year) * 12 + (month - 1 - from.month) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const place = from.month + index;
    return `${from.year + Math.floor(place / 12)}-${MONTHS[place % 12]}`;
  });
}

async function sync(part: string, io: FeedIo): Promise<SyncResult> {
  const list = await jsonDocument(await io.get(`${API}/updates`, { always: true, freshSeconds: LIST_FRESH_SECONDS }));
  if (!UPDATES.Check(list)) throw new FeedError("Microsoft's list of updates has another shape than it used to have");
  const released = list.value.find(({ ID }) => ID === part)?.CurrentReleaseDate;
  // the document of a month appears on its second Tuesday or before
  if (released === undefined) return { mode: "unchanged" };
  if (released === io.cursor) return { mode: "unchanged" };
  const document = await io.get(`${API}/cvrf/${part}`, { always: true, headers: { accept: "application/xml" } });
  return { mode: "full", items: parseMsrc(document), cursor: () => released, dataAsOf: () => released };
}
