import type { LinkPlan } from "#domain/inventory/plan.ts";
import type { Database } from "../database/tables.ts";
import { hostLink, type PlannedAt, type SourceState } from "./link-store.ts";

/** The host's software changed (or a stale replica was read) since the plan was made; the check-in starts over. */
export class StalePlanError extends Error {
  override readonly name = "StalePlanError";
}

/** The host was deleted while its report was under way. */
export class HostGoneError extends Error {
  override readonly name = "HostGoneError";
}

/**
 * Phase 2 of a check-in (seed 002): one transaction that ends, makes and updates links, appends history and the counts' ledger,
 * and stores the new digests. The host's row is locked first, so two check-ins of one host are serialised; shared rows
 * (software, titles, counters) are never updated here, so two hosts never wait for each other.
 */
export async function linkHost(
  db: Database,
  hostId: number,
  planned: PlannedAt,
  plan: LinkPlan,
  sources: SourceState[],
): Promise<void> {
  const found = await hostLink(db, hostId, planned, plan, sources);
  if (found === null) throw new HostGoneError(`host ${hostId} was deleted`);
  if (found.sequence !== planned.sequence)
    throw new StalePlanError(`host ${hostId} is at ${found.sequence}, the plan was made at ${planned.sequence}`);
  if (found.epoch !== planned.epoch)
    throw new StalePlanError(`the catalogue is at ${found.epoch}, the plan for host ${hostId} was made at ${planned.epoch}`);
}
