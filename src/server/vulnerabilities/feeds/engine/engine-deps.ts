import { join } from "node:path";
import type { Pool } from "pg";
import type { Database } from "#server/database/tables.ts";
import type { Log } from "#server/observe/log.ts";
import type { Feed } from "../feed.ts";
import type { RetryPolicy } from "./fetch-file.ts";

/** Where feeds come from; part of the server's configuration. */
export interface FeedsConfig {
  /** Directory of everything Muster keeps. */
  dataDir: string;
  /** A directory or archive with files of feeds: then nothing is asked of publishers. */
  feedsDir: string | null;
  /** `<mirror>/<host>/<path>` instead of the publishers. */
  feedsMirror: string | null;
  /** False: nothing is fetched; imports are still taken. */
  feeds: boolean;
}

/** What loading needs. */
export interface EngineDeps {
  db: Database;
  pool: Pool;
  feeds: readonly Feed[];
  config: FeedsConfig;
  /** Environment variables that feeds may ask for (`io.option`). */
  options: Readonly<Record<string, string | undefined>>;
  retry: RetryPolicy;
  now: () => Date;
  log: Log;
}

export function downloadsDirectory({ dataDir }: FeedsConfig): string {
  return join(dataDir, "feeds", "downloads");
}

export function extractedDirectory({ dataDir }: FeedsConfig): string {
  return join(dataDir, "feeds", "extracted");
}

export function importsDirectory({ dataDir }: FeedsConfig): string {
  return join(dataDir, "feeds", "imports");
}
