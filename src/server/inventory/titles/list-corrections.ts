import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listTitleCorrections } from "#protocol/rest/title-corrections.ts";
import type { Database } from "../../database/tables.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { correctionCount, correctionList, correctionsBlocking } from "./correction-store.ts";
import { presentCorrection } from "./present-correction.ts";

/** One page of the corrections, each with the later one that must be undone before it. */
export async function listCorrections(
  deps: { db: Database },
  titleId: number | undefined,
  page: Page<"id">,
): Promise<EndpointResult<typeof listTitleCorrections>> {
  const [read, count] = await Promise.all([correctionList(deps.db, titleId, page), correctionCount(deps.db, titleId)]);
  const { rows, meta } = pageResult(read, page);
  const blocked = await correctionsBlocking(
    deps.db,
    rows.map((row) => row.id),
  );
  return { count, corrections: rows.map((row) => presentCorrection(row, blocked.get(row.id) ?? null)), meta };
}
