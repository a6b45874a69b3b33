import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import { boundMemoryInTx } from "./look-store.ts";
import { walkHosts, type Walked } from "./walk-hosts.ts";

/** How far the check that is under way has come, for a person who waits. */
export interface Progress {
  done: number;
  of: number;
  /** What is counted: `hosts`. */
  unit: string;
}

/** One moment of the database, in which all checks look: what they say fits together, although check-ins go on. */
export class Look {
  readonly now: Date;
  readonly #snapshot: Snapshot;
  readonly #onProgress: (progress: Progress) => void;
  #walked: Promise<Walked> | undefined;

  private constructor(snapshot: Snapshot, now: Date, onProgress: (progress: Progress) => void) {
    this.#snapshot = snapshot;
    this.now = now;
    this.#onProgress = onProgress;
  }

  static async open(db: Database, now: Date, onProgress: (progress: Progress) => void): Promise<Look> {
    const look = new Look(await Snapshot.open(db), now, onProgress);
    await boundMemoryInTx(look.db);
    return look;
  }

  get db(): Database {
    return this.#snapshot.db;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  progress(done: number, of: number, unit: string): void {
    this.#onProgress({ done, of, unit });
  }

  /** What the walk over all hosts found. Several checks share it, since it reads every link there is; the first to ask waits for it. */
  async walked(): Promise<Walked> {
    this.#walked ??= walkHosts(this);
    return this.#walked;
  }

  async close(): Promise<void> {
    await this.#snapshot.close();
  }
}
