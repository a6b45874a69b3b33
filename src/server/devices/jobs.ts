import type { Job } from "../jobs/job.ts";
import type { IngestDeps } from "../inventory/ingest-report.ts";
import type { DevicesDeps } from "./deps.ts";
import { endForeignSources } from "./end-foreign-sources.ts";
import { expireHosts } from "./expire-hosts.ts";

/** The devices' background work. */
export function devicesJobs(deps: Pick<DevicesDeps, "db" | "signals" | "now">, ingest: IngestDeps): Job[] {
  return [
    {
      name: "devices-expire-hosts",
      everySeconds: 3600,
      run: async (_payload, { signal, log }) => {
        const expired = await expireHosts(deps, signal);
        if (expired > 0) log.info({ expired }, "deleted hosts that were not seen within the host expiry window");
      },
    },
    {
      name: "devices-end-foreign-sources",
      everySeconds: 1800,
      run: async (_payload, { signal, log }) => {
        const hosts = await endForeignSources(ingest, signal);
        if (hosts > 0) log.info({ hosts }, "ended software of the systems that hosts ran before");
      },
    },
  ];
}
