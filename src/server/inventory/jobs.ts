import type { Database } from "../database/tables.ts";
import type { Job } from "../jobs/job.ts";
import { settleCounts } from "./settle-counts.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

/** The inventory's background work. */
export function inventoryJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      // lists fold before they read; this keeps the ledger short while nobody looks
      name: "inventory-settle-counts",
      everySeconds: 10,
      run: async () => {
        await settleCounts(deps.db);
      },
    },
    {
      name: "inventory-sweep-orphans",
      everySeconds: 3600,
      run: async (_payload, { signal, log }) => {
        const swept = await sweepOrphans(deps, signal);
        if (swept > 0) log.info({ swept }, "deleted software that no host holds or held");
      },
    },
  ];
}
