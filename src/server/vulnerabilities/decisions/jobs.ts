import type { Database } from "../../database/tables.ts";
import type { Job } from "../../jobs/job.ts";
import { followLabels } from "./follow-labels.ts";
import { reviewDecisions } from "./review-decisions.ts";

/** Background work of decisions. */
export function decisionsJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      name: "vulnerabilities-follow-labels",
      everySeconds: 10,
      run: async (_payload, { signal }) => {
        await followLabels(deps, signal);
      },
    },
    {
      // an expiry counts at once wherever findings are read; this ends the decision and counts anew
      name: "vulnerabilities-review-decisions",
      everySeconds: 60,
      run: async (_payload, { signal, log }) => {
        const ended = await reviewDecisions(deps, signal);
        if (ended > 0) log.info({ ended }, "decisions about vulnerabilities ended by themselves");
      },
    },
  ];
}
