import type { Job } from "../jobs/job.ts";
import type { LabelsDeps } from "./deps.ts";
import { evaluateLabels } from "./evaluate-labels.ts";

/** Enqueued when a label is made or edited; runs by itself for hosts that changed. */
export const EVALUATE_LABELS = "labels-evaluate";

/** The labels' background work. */
export function labelsJobs(deps: Pick<LabelsDeps, "db">): Job[] {
  return [
    {
      name: EVALUATE_LABELS,
      // a device's change shows in its labels within seconds
      everySeconds: 3,
      run: async (_payload, { signal, log }) => {
        const moved = await evaluateLabels(deps.db, signal);
        if (moved > 0) log.debug({ moved }, "hosts joined or left labels");
      },
    },
  ];
}
