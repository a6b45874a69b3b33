import type { Job } from "#server/jobs/job.ts";
import type { Log } from "#server/observe/log.ts";
import { FeedError } from "./feed.ts";
import { FEEDS_LOAD } from "./deps.ts";
import { dueParts, wantParts, type LoadableDeps } from "./engine/due-parts.ts";
import type { FeedLoader } from "./engine/feed-loader.ts";
import { importsSweep, importWaits } from "./engine/import-store.ts";
import { purgeableParts } from "./engine/purge-parts.ts";
import { IMPORT_STALE_MS } from "./engine/run-loads.ts";

/** A large directory takes long to look through: looking may take a twentieth of the time. */
const REST = 20;

/** Background work of the feeds: it only looks whether there is something to load; a process of its own loads it. */
export function feedsJobs(deps: LoadableDeps & { loader: FeedLoader }): Job[] {
  const say = sayOnce();
  let restUntil = 0;
  async function isSomethingDue(): Promise<boolean> {
    if (await importWaits(deps.db, new Date(deps.now().getTime() - IMPORT_STALE_MS))) return true;
    const startedAt = performance.now();
    if (startedAt < restUntil) return false;
    const due = await dueParts(deps);
    restUntil = performance.now() + (performance.now() - startedAt) * REST;
    return due.extract || due.parts.length > 0 || (await purgeableParts(deps)).length > 0;
  }
  return [
    {
      name: FEEDS_LOAD,
      // the release of a distribution is loaded when its first host appears
      everySeconds: 5,
      run: async (_payload, { log }) => {
        await wantParts(deps);
        try {
          if (!deps.loader.running && (await isSomethingDue())) deps.loader.start();
          say("", log);
        } catch (error) {
          if (!(error instanceof FeedError)) throw error;
          say(error.message, log);
        }
      },
    },
    {
      name: "feeds-sweep-imports",
      everySeconds: 600,
      run: async () => await importsSweep(deps.db, deps.now()),
    },
  ];
}

/** What is wrong with the configured directory is said once, not every five seconds. */
function sayOnce(): (message: string, log: Log) => void {
  let said = "";
  return (message, log) => {
    if (message !== said && message !== "") log.error(message);
    said = message;
  };
}
