import { createHash } from "node:crypto";
import type { LeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { FeedError } from "../feed.ts";
import type { Download, FeedInput, FeedIo, FeedItem } from "../feed.ts";
import { jsonArray } from "../formats/json-values.ts";
import { countReduced, type Tally } from "../formats/tally.ts";
import { unpacked } from "../formats/unpacked.ts";
import { CVE_ID, nvdRecord, utcTime } from "./parse-nvd.ts";

export const NVD_FILES = "https://nvd.nist.gov/feeds/json/cve/2.0";

/** The file of 2002 also holds all that is older. */
export const FIRST_YEAR = 2002;

/** All records of a feed file or an API page, whatever year they are of. */
export async function* parseNvd(input: FeedInput, leftOut: LeftOut = nothingLeftOut()): AsyncGenerator<FeedItem> {
  for await (const value of jsonArray(input, "vulnerabilities")) yield nvdRecord(value, leftOut);
}

/** The records of one year's part; those that cannot be read are told by whichever part reads the file. */
export async function* parseNvdYear(input: FeedInput, part: string): AsyncGenerator<FeedItem> {
  for await (const value of jsonArray(input, "vulnerabilities")) {
    const item = itemOfYear(value, part, input.tally);
    if (item !== null) yield item;
  }
}

/** One record of NVD for a year's part; null when it is of another. What it leaves out is counted with its own part. */
export function itemOfYear(value: unknown, part: string, tally: Tally | undefined): FeedItem | null {
  const leftOut = nothingLeftOut();
  const item = nvdRecord(value, leftOut);
  if ("name" in item && yearOfCve(item.name) !== part) return null;
  countReduced(tally, leftOut);
  return item;
}

/** The part that a CVE is in: its year, none before 2002. */
export function yearOfCve(cve: string): string {
  const year = Number(CVE_ID.exec(cve)?.[1] ?? 0);
  return String(Math.max(FIRST_YEAR, year));
}

/** What a `.meta` file beside a feed file says. */
interface NvdMeta {
  /** ISO 8601, UTC. */
  lastModified: string;
  gzSize: number;
  /** Of the unpacked JSON, lower-case hexadecimal. */
  sha256: string;
}

/** @throws {FeedError} when a line is missing or is not what it should be */
export function parseMeta(text: string, name: string): NvdMeta {
  const lines = new Map(
    text
      .slice(0, 4096)
      .split(/\r?\n/)
      .map((line) => [line.slice(0, Math.max(0, line.indexOf(":"))), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const lastModified = utcTime(lines.get("lastModifiedDate"));
  const sha256 = lines.get("sha256")?.toLowerCase() ?? "";
  const gzSize = Number(lines.get("gzSize"));
  if (lastModified === undefined || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isSafeInteger(gzSize)) {
    throw new FeedError(`${name} is not what NVD's .meta files are: lastModifiedDate, gzSize or sha256 is missing`);
  }
  return { lastModified, gzSize, sha256 };
}

/** A feed file that is what its `.meta` says. */
interface CheckedFile {
  file: Download;
  meta: NvdMeta;
}

/**
 * Asks for `nvdcve-2.0-<name>.meta`, and for the file beside it where `wanted` says so.
 *
 * @param freshSeconds a copy that another part fetched so lately does
 * @returns null when it is not wanted
 * @throws {FeedError} when the file has another digest than its `.meta` says
 */
export async function getChecked(
  name: string,
  io: FeedIo,
  wanted: (meta: NvdMeta) => boolean,
  freshSeconds?: number,
): Promise<CheckedFile | null> {
  const file = `nvdcve-2.0-${name}`;
  const shared = freshSeconds === undefined ? {} : { freshSeconds };
  const meta = parseMeta(await io.text(`${NVD_FILES}/${file}.meta`, shared), `${file}.meta`);
  if (!wanted(meta)) return null;
  const download = await io.get(`${NVD_FILES}/${file}.json.gz`, { always: true, ...shared });
  if (await hasDigest(download, meta)) return { file: download, meta };
  // NVD wrote both anew between the two requests, or a copy is older than the other: once more, without copies
  if (freshSeconds !== undefined) return await getChecked(name, io, wanted);
  throw new FeedError(
    `${file}.json.gz is not the file that its .meta describes (SHA-256 differs): it is fetched again next time`,
  );
}

async function hasDigest(input: FeedInput, meta: NvdMeta): Promise<boolean> {
  const hash = createHash("sha256");
  for await (const chunk of unpacked(input)) hash.update(chunk);
  return hash.digest("hex") === meta.sha256;
}
