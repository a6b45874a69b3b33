import type { Database } from "../database/tables.ts";
import type { Job } from "../jobs/job.ts";
import { COUNT_LABELS } from "./count-label.ts";
import type { RunTimes } from "./count-label-run.ts";
import { countLabels } from "./count-labels.ts";
import { clearForgottenHosts } from "./remove-host-software.ts";
import { settleCounts } from "./settle-counts.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { rederiveCatalogue } from "./titles/rederive-catalogue.ts";

/** Enqueued when hosts are deleted; by itself for what a stopped process left. */
export const CLEAR_FORGOTTEN_HOSTS = "inventory-clear-forgotten-hosts";

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
      name: COUNT_LABELS,
      everySeconds: 60,
      run: async (_payload, { signal, log }) => {
        const onRun = (label: number, times: RunTimes): void => log.info({ label, ...times }, "counted the software of a label");
        await countLabels(deps.db, { signal, onRun });
      },
    },
    {
      name: CLEAR_FORGOTTEN_HOSTS,
      everySeconds: 600,
      run: async (_payload, { signal, log }) => {
        const hosts = await clearForgottenHosts(deps.db, signal);
        if (hosts > 0) log.info({ hosts }, "cleared away what deleted hosts held");
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
    {
      // soon after an update of the program; later runs find what servers of the version before still inserted
      name: "inventory-rederive-catalogue",
      everySeconds: 600,
      run: async (_payload, { signal, log }) => {
        const done = await rederiveCatalogue(deps, signal);
        if (done.software > 0 || done.links_moved > 0) log.info(done, "software named and titled by the present rules");
      },
    },
  ];
}
