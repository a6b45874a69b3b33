import type { VulnerabilityRescan } from "#protocol/rest/vulnerability-rescans.ts";
import { recordActivity } from "#server/activity/record-activity.ts";
import type { Database } from "#server/database/tables.ts";
import { notFound } from "#server/http/errors.ts";
import type { Caller } from "#server/http/route.ts";
import { rescanById, rescanRequest, subjectsToRescan } from "./rescan-store.ts";

/** Asks for every subject to be matched again, in the background. Returns the id to ask {@link readRescan} by. */
export async function requestRescan(db: Database): Promise<number> {
  return await rescanRequest(db);
}

/** As {@link requestRescan}, by a user: it is recorded who asked. */
export async function requestRescanAs(db: Database, caller: Caller | null): Promise<VulnerabilityRescan> {
  const id = await db.transaction().execute(async (tx) => {
    const requested = await rescanRequest(tx);
    await recordActivity(tx, { type: "requested_vulnerability_rescan", actor: caller, details: { rescan_id: requested } });
    return requested;
  });
  return await readRescan(db, id);
}

/** How far a rescan is. @throws {HttpError} 404 when there is none of that id */
export async function readRescan(db: Database, id: number): Promise<VulnerabilityRescan> {
  const rescan = await rescanById(db, id);
  if (rescan === null) throw notFound("id", `There is no rescan ${id}, or it ended more than a month ago.`);
  return {
    id: rescan.id,
    requested_at: rescan.requested_at.toISOString(),
    finished_at: rescan.finished_at?.toISOString() ?? null,
    subjects_matched: rescan.subjects_matched,
    subjects_count: await subjectsToRescan(db),
  };
}
