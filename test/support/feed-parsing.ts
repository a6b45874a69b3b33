import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { compareVersions } from "#domain/version/orders.ts";
import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedInput, FeedItem, FeedItems } from "#server/vulnerabilities/feeds/feed.ts";
import { fileInput } from "#server/vulnerabilities/feeds/formats/file-input.ts";

type Parse = (input: FeedInput, part: string) => FeedItems;

/** What a parser makes of a file's content. */
export async function parsedText(
  parse: Parse,
  content: Buffer | string | object,
  part: string,
  name = "sample",
): Promise<FeedItem[]> {
  const directory = await mkdtemp(join(tmpdir(), "muster-parse-"));
  try {
    const path = join(directory, basename(name));
    await writeFile(path, Buffer.isBuffer(content) || typeof content === "string" ? content : JSON.stringify(content));
    return await parsedFile(parse, path, part);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What a parser makes of a file. */
export async function parsedFile(parse: Parse, path: string, part: string): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of parse(await fileInput(path), part)) items.push(item);
  return items;
}

/** The records among the items; the test fails when anything else is among them. */
export function recordsOnly(items: readonly FeedItem[]): FeedRecord[] {
  return items.map((item) => {
    if ("bad" in item || "gone" in item) throw new Error(`not a record: ${JSON.stringify(item)}`);
    return item;
  });
}

/** All ranges of a package. */
export function rangesOf(records: readonly FeedRecord[], packageName: string): AffectedRange[] {
  return records.flatMap(({ affected }) => affected.filter((one) => one.package === packageName).flatMap(({ ranges }) => ranges));
}

/** Whether a version lies within a range, by nothing but its bounds. */
export function isWithin(range: AffectedRange, version: string, epochKnown = true): boolean {
  const facts = { epoch_known: epochKnown };
  const { introduced, fixed } = range;
  const after = introduced === undefined || (compareVersions(range.scheme, version, introduced, facts) ?? -1) >= 0;
  return after && (fixed === undefined || (compareVersions(range.scheme, version, fixed, facts) ?? 0) < 0);
}
