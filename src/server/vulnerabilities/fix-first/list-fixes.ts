import type { EndpointResult } from "#protocol/endpoint.ts";
import type { fixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import type { Database } from "../../database/tables.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { fixQueueCount, fixQueueList, type FixFilter, type FixOrderKey } from "./fix-queue-store.ts";
import { fixQueueState } from "./refresh-fix-queue.ts";

/** One page of what to update, the most risk first. */
export async function listFixes(
  { db }: { db: Database },
  filter: FixFilter,
  page: Page<FixOrderKey>,
): Promise<EndpointResult<typeof fixFirst>> {
  const [read, count, state] = await Promise.all([fixQueueList(db, filter, page), fixQueueCount(db, filter), fixQueueState(db)]);
  const { rows, meta } = pageResult(read, page);
  return { count, counts_updated_at: state?.computed_at ?? null, fixes: rows, meta };
}
