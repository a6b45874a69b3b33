import type { EndpointResult } from "#protocol/endpoint.ts";
import type { fixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import type { Database } from "../../database/tables.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { labelFixesCounted } from "./count-label-fixes.ts";
import { fixQueueCount, fixQueueList, type FixFilter, type FixOrderKey } from "./fix-queue-store.ts";
import { fixQueueState } from "./refresh-fix-queue.ts";

/** One page of what to update, the most risk first. */
export async function listFixes(
  deps: { db: Database; now: () => Date },
  filter: FixFilter,
  page: Page<FixOrderKey>,
): Promise<EndpointResult<typeof fixFirst>> {
  const { db } = deps;
  const counted = filter.label_id === undefined ? null : await labelFixesCounted(deps, filter.label_id);
  const [read, count, state] = await Promise.all([fixQueueList(db, filter, page), fixQueueCount(db, filter), fixQueueState(db)]);
  const { rows, meta } = pageResult(read, page);
  return { count, counts_updated_at: counted?.toISOString() ?? state?.computed_at ?? null, fixes: rows, meta };
}
