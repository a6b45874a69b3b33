import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { FeedInput } from "../feed.ts";
import { FEED_LIMITS, type FeedLimits } from "./limits.ts";

/** A file on disk as a feed's input. */
export async function fileInput(path: string, limits: FeedLimits = FEED_LIMITS): Promise<FeedInput> {
  const { size } = await stat(path);
  return { name: basename(path), path, bytes: size, limits, open: () => createReadStream(path) };
}
