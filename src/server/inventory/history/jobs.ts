import type { Job } from "../../jobs/job.ts";
import { settleCounts } from "../settle-counts.ts";
import { dailyCountsWrite } from "./daily-count-store.ts";
import type { HistoryDeps } from "./deps.ts";
import { expireHistory } from "./expire-history.ts";
import { titleOpeningsRebuildInTx } from "./opening-store.ts";

/** The background work of history: what is counted over time, and what is forgotten. */
export function historyJobs(deps: HistoryDeps & { retentionDays: number }): Job[] {
  return [
    {
      name: "history-count-days",
      everySeconds: 3600,
      run: async () => {
        await settleCounts(deps.db);
        await dailyCountsWrite(deps.db, deps.now());
      },
    },
    {
      name: "history-count-openings",
      everySeconds: 6 * 3600,
      run: async () => {
        await deps.db.transaction().execute((tx) => titleOpeningsRebuildInTx(tx, deps.now()));
      },
    },
    {
      name: "history-expire",
      everySeconds: 3600,
      run: async (_payload, { signal, log }) => {
        const expired = await expireHistory(deps, signal);
        if (expired > 0) log.info({ expired }, "deleted history past its retention");
      },
    },
  ];
}
