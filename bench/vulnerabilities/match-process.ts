import { settleCounts } from "#server/inventory/settle-counts.ts";
import { openDatabase } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { assignScopes } from "#server/vulnerabilities/matching/assign-scopes.ts";
import { countExposures } from "#server/vulnerabilities/matching/count-exposures.ts";
import { currentCatalogue } from "#server/vulnerabilities/matching/current-catalogue.ts";
import { matchNew, takeChanges } from "#server/vulnerabilities/matching/match-changes.ts";
import { matchQueuedKeys } from "#server/vulnerabilities/matching/match-queued-keys.ts";
import { mergeQueued } from "#server/vulnerabilities/matching/merge-vulnerabilities.ts";
import { requestRescan } from "#server/vulnerabilities/matching/request-rescan.ts";
import { reidentifyStep, rescanStep } from "#server/vulnerabilities/matching/rescan-subjects.ts";
import type { MatchFigures, MatchPhase } from "./processes.ts";

/**
 * Does what the matching thread of a server does, one kind of work after the other so that each shows what it costs. Arguments: database,
 * data directory, `rescan` to ask for a full rescan first.
 */
const [databaseUrl = "", dataDir = "", what = ""] = process.argv.slice(2);
const log = createLog("warn");
const handles = openDatabase({ url: databaseUrl, replicaUrl: null, log, max: 3 });
const db = handles.primary;
const deps = { db, log, now: () => new Date(), catalogue: currentCatalogue({ db, dataDir }) };
const phases: MatchPhase[] = [];

/** Does steps until there is nothing left to do. */
async function phase(name: string, step: () => Promise<number>): Promise<void> {
  const from = { at: performance.now(), cpu: cpuSeconds() };
  let count = 0;
  let longest = 0;
  for (;;) {
    const began = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one step after the other, as in the server
    const done = await step();
    longest = Math.max(longest, performance.now() - began);
    if (done === 0) break;
    count += done;
  }
  const seconds = (performance.now() - from.at) / 1000;
  phases.push({ name, count, seconds, cpu_seconds: cpuSeconds() - from.cpu, longest_step_ms: longest });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

await assignScopes(db);
if (what === "rescan") await requestRescan(db);
await phase("changes of hosts", async () => (await settleCounts(db)) + (await takeChanges(deps)));
await phase("new subjects", async () => (await matchNew(deps)).subjects);
await phase("keys of feeds", async () => (await matchQueuedKeys(deps)).keys);
await phase("other identities", async () => (await reidentifyStep(deps)).subjects);
if (what === "rescan") await phase("rescan", async () => (await rescanStep(deps))?.subjects ?? 0);
await phase("merges", () => mergeQueued(db));
await phase("exposures", () => countExposures(db));
await handles.close();
const figures: MatchFigures = { phases, memory_peak_bytes: process.resourceUsage().maxRSS * 1024 };
console.log(JSON.stringify(figures));
