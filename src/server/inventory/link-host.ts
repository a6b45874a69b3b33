import type { LinkPlan } from "#domain/inventory/plan.ts";
import type { Database } from "../database/tables.ts";
import { countChangesAppendInTx } from "./count-store.ts";
import {
  hostLockInTx,
  hostReportSaveInTx,
  hostSoftwareBeginInTx,
  hostSoftwareEndInTx,
  hostSoftwareUpdateInTx,
  type SourceState,
} from "./host-software-store.ts";
import { eventsAppendInTx } from "./history/history-store.ts";

/** The host's software changed (or a stale replica was read) since the plan was made; the check-in starts over. */
export class StalePlanError extends Error {
  override readonly name = "StalePlanError";
}

/** The host was deleted while its report was under way. */
export class HostGoneError extends Error {
  override readonly name = "HostGoneError";
}

/** What a plan was made from: it holds only while both are the same. */
export interface PlannedAt {
  /** The host's `software_sequence`. */
  sequence: number;
  /** The catalogue's epoch: titles and keys of software (titles/epoch-store.ts). */
  epoch: number;
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
  await db.transaction().execute(async (tx) => {
    const current = await hostLockInTx(tx, hostId);
    if (current === null) throw new HostGoneError(`host ${hostId} was deleted`);
    const { software_sequence: sequence, title_epoch: epoch } = current;
    if (sequence !== planned.sequence)
      throw new StalePlanError(`host ${hostId} is at ${sequence}, the plan was made at ${planned.sequence}`);
    if (epoch !== planned.epoch)
      throw new StalePlanError(`the catalogue is at ${epoch}, the plan for host ${hostId} was made at ${planned.epoch}`);
    const ended = await hostSoftwareEndInTx(tx, hostId, plan.end);
    if (ended !== plan.end.length) throw new StalePlanError(`host ${hostId}: ${ended} of ${plan.end.length} links found`);
    await hostSoftwareBeginInTx(tx, hostId, plan.begin);
    await hostSoftwareUpdateInTx(tx, hostId, plan.update);
    await eventsAppendInTx(tx, hostId, plan);
    await countChangesAppendInTx(tx, hostId, {
      software_added: plan.begin.map((link) => link.software_id),
      software_removed: plan.end.map((link) => link.software_id),
      titles_added: plan.titlesAdded,
      titles_removed: plan.titlesRemoved,
    });
    await hostReportSaveInTx(tx, hostId, sources, plan.begin.length - ended);
  });
}
