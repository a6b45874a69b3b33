import type { Job } from "../jobs/job.ts";
import type { DevicesDeps } from "./deps.ts";
import { expireHosts } from "./expire-hosts.ts";

/** The devices' background work. */
export function devicesJobs(deps: Pick<DevicesDeps, "db" | "signals" | "now">): Job[] {
  return [
    {
      name: "devices-expire-hosts",
      everySeconds: 3600,
      run: async (_payload, { signal, log }) => {
        const expired = await expireHosts(deps, signal);
        if (expired > 0) log.info({ expired }, "deleted hosts that were not seen within the host expiry window");
      },
    },
  ];
}
