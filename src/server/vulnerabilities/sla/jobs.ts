import type { Database } from "../../database/tables.ts";
import type { Job } from "../../jobs/job.ts";
import { countFixTimes } from "./count-fix-times.ts";

/** Days that the time to fix looks back. */
const FIX_TIME_DAYS = 30;

/** Background work of time limits. */
export function slaJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      name: "vulnerabilities-count-fix-times",
      everySeconds: 86_400,
      run: async (_payload, { signal }) => {
        await countFixTimes(deps, FIX_TIME_DAYS, signal);
      },
    },
  ];
}
