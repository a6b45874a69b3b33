import { HostGoneError } from "../inventory/link-host.ts";
import { ingestReport } from "../inventory/ingest-report.ts";
import type { IngestDeps } from "../inventory/ingest-report.ts";
import { hostsWithForeignSources } from "./foreign-source-store.ts";

const HOSTS_PER_READ = 200;

/**
 * Ends what hosts held of sources that their present platform does not have. A machine that is re-imaged with another system stays one
 * host, but nothing will ever report its old programs again; without this it would hold them for ever. Goes the way of every report, so
 * history and counts are right. Returns the number of hosts.
 */
export async function endForeignSources(ingest: IngestDeps, signal?: AbortSignal): Promise<number> {
  let ended = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- page by page
    const hosts = await hostsWithForeignSources(ingest.db, HOSTS_PER_READ);
    for (const { host_id, sources } of hosts) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        await ingestReport(
          ingest,
          host_id,
          sources.map((source) => ({ source, ok: true, entries: [] })),
        );
      } catch (error) {
        // deleted meanwhile
        if (!(error instanceof HostGoneError)) throw error;
      }
    }
    ended += hosts.length;
    if (hosts.length < HOSTS_PER_READ) break;
  }
  return ended;
}
