import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { FeedInput } from "../feed.ts";
import { FEED_LIMITS, type FeedLimits } from "./limits.ts";
import type { Tally } from "./tally.ts";

/** A file on disk as a feed's input. @param tally see {@link FeedInput.tally} */
export async function fileInput(path: string, limits: FeedLimits = FEED_LIMITS, tally?: Tally): Promise<FeedInput> {
  const { size } = await stat(path);
  return {
    name: basename(path),
    path,
    bytes: size,
    limits,
    ...(tally !== undefined && { tally }),
    open: () => createReadStream(path),
  };
}
