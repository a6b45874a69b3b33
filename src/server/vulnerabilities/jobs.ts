import type { Database } from "../database/tables.ts";
import type { Job } from "../jobs/job.ts";
import { noteExposure } from "./exposure/read-exposure.ts";
import { COUNT_LABEL_EXPOSURES, countLabelExposures } from "./labels/count-label-exposures.ts";

/** Background work of what is shown of vulnerabilities; matching, feeds and decisions have their own. */
export function vulnerabilitiesJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      // the last note of a day is what stays of it
      name: "vulnerabilities-note-exposure",
      everySeconds: 3600,
      run: async () => noteExposure(deps),
    },
    {
      // enqueued when somebody asks; by itself for what a stopped process left
      name: COUNT_LABEL_EXPOSURES,
      everySeconds: 300,
      run: async (_payload, { signal }) => countLabelExposures(deps, signal),
    },
  ];
}
