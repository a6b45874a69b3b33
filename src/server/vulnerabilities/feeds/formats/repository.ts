import {
  FeedError,
  type Download,
  type FeedInput,
  type FeedIo,
  type FeedItem,
  type FeedItems,
  type SyncResult,
} from "../feed.ts";
import { childOf, xmlElements } from "./xml.ts";

/**
 * Fetches the `updateinfo` of an rpm repository as its `repomd.xml` names it, held to the digest that stands there; null when the
 * repository has none.
 *
 * @param base address of the repository, with a slash at its end
 * @throws {FeedError} when the index or the file cannot be had, or is not what the index says
 */
async function fetchUpdateinfo(base: string, io: FeedIo): Promise<Download | null> {
  const index = await io.get(`${base}repodata/repomd.xml`, { always: true, maxBytes: 4 * 1024 * 1024 });
  for await (const data of xmlElements(index, ["data"])) {
    if (data.attributes["type"] !== "updateinfo") continue;
    const href = childOf(data, "location")?.attributes["href"] ?? "";
    if (!/^[\w./+-]+$/u.test(href) || href.includes("..") || href.startsWith("/")) {
      throw new FeedError(`${base}repodata/repomd.xml names a file outside of the repository`);
    }
    const checksum = childOf(data, "checksum");
    const kind = checksum?.attributes["type"];
    return io.get(`${base}${href}`, {
      ...(kind === "sha256" && { sha256: checksum?.text ?? "" }),
      ...(kind === "sha512" && { sha512: checksum?.text ?? "" }),
    });
  }
  return null;
}

/** A repository: where it is, where it went when its release ended, and whether a release may lack it. */
export interface Repository {
  base: string;
  archive?: string;
  optional?: true;
}

/** The updates of several repositories as one part: unchanged only when none of them changed. */
export async function syncRepositories(
  repositories: readonly (string | Repository)[],
  io: FeedIo,
  parse: (input: FeedInput) => FeedItems,
): Promise<SyncResult> {
  const files: Download[] = [];
  for (const one of repositories) {
    const file = await fetchOneOf(typeof one === "string" ? { base: one } : one, io);
    if (file !== null) files.push(file);
  }
  if (files.length > 0 && files.every(({ changed }) => !changed)) return { mode: "unchanged" };
  const whole: Download[] = [];
  for (const file of files) whole.push(file.changed ? file : await io.get(file.url, { always: true }));
  return { mode: "full", items: itemsOf(whole, parse) };
}

async function fetchOneOf({ base, archive, optional }: Repository, io: FeedIo): Promise<Download | null> {
  io.phase(new URL(base).pathname);
  try {
    return await fetchUpdateinfo(base, io);
  } catch (error) {
    const isAbsent = error instanceof FeedError && (error.status === 404 || error.status === 403);
    if (isAbsent && archive !== undefined) return fetchOneOf({ base: archive, ...(optional === true && { optional }) }, io);
    if (isAbsent && optional === true) return null;
    throw error;
  }
}

async function* itemsOf(files: Download[], parse: (input: FeedInput) => FeedItems): AsyncGenerator<FeedItem> {
  for (const file of files) yield* parse(file);
}
