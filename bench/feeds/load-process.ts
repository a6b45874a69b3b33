import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { scanDirectory } from "#server/vulnerabilities/feeds/engine/directory.ts";
import { POLITE } from "#server/vulnerabilities/feeds/engine/fetch-file.ts";
import { runLoads } from "#server/vulnerabilities/feeds/engine/run-loads.ts";
import { FEEDS } from "#server/vulnerabilities/feeds/registry.ts";
import { wantEverything } from "./loading.ts";

/** Loads a directory of feeds as the server's own process does, and says what it took. Arguments: database, directory, data directory, names of
 * feeds (comma list; all when it is not given). */
const [databaseUrl = "", feedsDir = "", dataDir = "", names = ""] = process.argv.slice(2);
const log = createLog("warn");
const handles = openDatabase({ url: databaseUrl, replicaUrl: null, log, max: 5 });
const feeds = names === "" ? FEEDS : FEEDS.filter(({ name }) => names.split(",").includes(name));
const files = await scanDirectory(feedsDir, feeds);
const config = { dataDir, feedsDir, feedsMirror: null, feeds: false };
const startedAt = performance.now();
const parts = await runLoads(
  {
    db: handles.primary,
    pool: handles.pool,
    feeds: wantEverything(feeds, files),
    config,
    options: {},
    retry: POLITE,
    now: () => new Date(),
    log,
  },
  new AbortController().signal,
);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage();
await handles.close();
console.log(
  JSON.stringify({
    parts,
    files: files.length,
    seconds,
    cpu_seconds: (user + system) / 1e6,
    memory_peak_bytes: process.resourceUsage().maxRSS * 1024,
  }),
);
