import type { Database } from "../database/tables.ts";
import { countChangesFoldInTx, countsLockInTx } from "./count-store.ts";
import { hostsLockInTx } from "./host-lock-store.ts";
import { labelMembersUncounted } from "./label-count-store.ts";
import * as store from "./label-run-store.ts";
import { settleCounts } from "./settle-counts.ts";

/** How much one statement or transaction of a run takes on. */
export interface RunSizes {
  /** Hosts whose check-ins wait while they are marked: some tens of milliseconds. */
  hostsMarked: number;
  /** Hosts summed up by one statement, without any lock. */
  hostsSummed: number;
  /** Counts written by one transaction, which others that write counts wait for. */
  countsWritten: number;
}

export const RUN_SIZES: RunSizes = { hostsMarked: 500, hostsSummed: 1000, countsWritten: 2000 };

/** How long parts of a run took, in milliseconds. */
export interface RunTimes {
  members: number;
  /** The longest that check-ins of some hosts waited. */
  hostsHeldMax: number;
  /** The longest that others who write counts waited. */
  countsHeldMax: number;
}

/**
 * Counts all software of a label anew (decision 0009) and returns how that went; null when it was deleted, nobody asks for it any more, or
 * `signal` fired: a run that did not come to its end begins anew.
 *
 * First every member is marked as counted, under its host's lock: from then on its check-ins' ledger rows name the label. Then a moment
 * is chosen, a snapshot, and noted while nobody folds the ledger. What holds at that moment is summed up without any lock and added to
 * the label's counts bit by bit; folds add exactly those ledger rows to them that the snapshot lacks. Links and their ledger row commit
 * together, so each change is in the sums or in the ledger, never in both.
 *
 * @param connection a single connection that has the turn to count labels
 * @param reader another one
 */
export async function countLabelRun(
  connection: Database,
  reader: Database,
  labelId: number,
  options: { sizes?: RunSizes; signal?: AbortSignal | undefined } = {},
): Promise<RunTimes | null> {
  const run = new LabelRun(connection, reader, labelId, options.sizes ?? RUN_SIZES, options.signal);
  return run.count();
}

class LabelRun {
  readonly #control: Database;
  readonly #reader: Database;
  readonly #labelId: number;
  readonly #sizes: RunSizes;
  readonly #signal: AbortSignal | undefined;
  readonly #times: RunTimes = { members: 0, hostsHeldMax: 0, countsHeldMax: 0 };

  constructor(control: Database, reader: Database, labelId: number, sizes: RunSizes, signal: AbortSignal | undefined) {
    this.#control = control;
    this.#reader = reader;
    this.#labelId = labelId;
    this.#sizes = sizes;
    this.#signal = signal;
  }

  async count(): Promise<RunTimes | null> {
    if (!(await this.#begin())) return null;
    await this.#markMembers();
    await store.sumTablesMake(this.#reader);
    try {
      const summed = await this.#sumUp();
      if (summed === null) return null;
      await store.sumsIndex(this.#reader);
      return (await this.#addSums(summed)) && (await this.#end(summed.moment)) ? this.#times : null;
    } finally {
      await store.sumTablesDrop(this.#reader);
    }
  }

  get #stopped(): boolean {
    return this.#signal?.aborted === true;
  }

  /** False: nobody asks for this label any more. */
  async #begin(): Promise<boolean> {
    if (!(await this.#writingCounts(this.#control, (tx) => store.runBeginInTx(tx, this.#labelId)))) return false;
    const more = (tx: Database) => store.labelCountsDeleteInTx(tx, this.#labelId, this.#sizes.countsWritten);
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    while (await this.#writingCounts(this.#control, more));
    // what is in the ledger by now is of before the moment and left out: less to look at later
    await settleCounts(this.#control);
    return true;
  }

  /** Who joins after the last batch joins uncounted and is counted after the run. */
  async #markMembers(): Promise<void> {
    while (!this.#stopped) {
      // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
      const hostIds = await labelMembersUncounted(this.#control, this.#labelId, this.#sizes.hostsMarked);
      if (hostIds.length === 0) return;
      const began = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await this.#control.transaction().execute(async (tx) => {
        await hostsLockInTx(tx, hostIds);
        await store.labelMembersMarkInTx(tx, this.#labelId, hostIds);
      });
      this.#times.hostsHeldMax = Math.max(this.#times.hostsHeldMax, performance.now() - began);
    }
  }

  /** Sums up what holds at one moment; null when it was stopped. */
  async #sumUp(): Promise<{ moment: string; batches: number } | null> {
    return this.#reader
      .transaction()
      .setIsolationLevel("repeatable read")
      .setAccessMode("read only") // which temporary tables are exempt from
      .execute(async (tx) => {
        await store.plainPlansInTx(tx);
        const moment = await this.#chooseMoment(tx);
        for (let after = 0; !this.#stopped;) {
          // oxlint-disable-next-line no-await-in-loop -- one bounded statement after the other
          const hostIds = await store.labelMembersCountedAfter(tx, this.#labelId, after, this.#sizes.hostsSummed);
          const last = hostIds.at(-1);
          // oxlint-disable-next-line no-await-in-loop
          if (last === undefined) return { moment, batches: await store.sumsMakeInTx(tx, this.#sizes.countsWritten) };
          // oxlint-disable-next-line no-await-in-loop
          await store.partsSumInTx(tx, hostIds);
          after = last;
          this.#times.members += hostIds.length;
          // oxlint-disable-next-line no-await-in-loop
          await store.runProgressSet(this.#control, this.#labelId, this.#times.members);
        }
        return null;
      });
  }

  /** No fold is under way between the choice and its note: whatever a fold left out before is in the snapshot. */
  async #chooseMoment(tx: Database): Promise<string> {
    return this.#writingCounts(this.#control, async (control) => {
      const moment = await store.momentSeen(tx);
      await store.runMomentSetInTx(control, this.#labelId, moment);
      // corrections of titles may have counted within this label since its counts were deleted
      await store.labelCountsDeleteInTx(control, this.#labelId, Number.MAX_SAFE_INTEGER);
      return moment;
    });
  }

  /** False when the label was deleted meanwhile, or the run was stopped. */
  async #addSums({ moment, batches }: { moment: string; batches: number }): Promise<boolean> {
    for (let batch = 0; batch < batches; batch++) {
      if (this.#stopped) return false;
      // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
      const goesOn = await this.#writingCounts(this.#reader, async (tx) => {
        if (!(await store.runGoesOn(tx, this.#labelId, moment))) return false;
        await store.sumsApplyInTx(tx, this.#labelId, batch);
        return true;
      });
      if (!goesOn) return false;
    }
    return true;
  }

  async #end(moment: string): Promise<boolean> {
    await settleCounts(this.#control);
    return this.#writingCounts(this.#control, async (tx) => {
      if (!(await store.runGoesOn(tx, this.#labelId, moment))) return false;
      // oxlint-disable-next-line no-await-in-loop -- hardly ever any: rows of the run's time were folded just now
      while (await store.ledgerReachesBefore(tx, moment)) await countChangesFoldInTx(tx);
      await store.runEndInTx(tx, this.#labelId);
      return true;
    });
  }

  /** A transaction that has the turn to write counts; others wait for that turn as long as it takes. */
  async #writingCounts<T>(connection: Database, work: (tx: Database) => Promise<T>): Promise<T> {
    return connection.transaction().execute(async (tx) => {
      await countsLockInTx(tx);
      const began = performance.now();
      const result = await work(tx);
      this.#times.countsHeldMax = Math.max(this.#times.countsHeldMax, performance.now() - began);
      return result;
    });
  }
}
