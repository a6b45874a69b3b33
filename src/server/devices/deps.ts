import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";

/** Sends a signal to every process of the installation; inside a transaction, when it commits. */
export interface SignalPublisher {
  publish(channel: string, payload: string, tx?: Database): Promise<void>;
}

/** What the devices component works with. */
export interface DevicesDeps {
  db: Database;
  /** For lists and counts, which may lag a moment; the primary again when there is no replica. */
  replica: ReadonlyDatabase;
  signals: SignalPublisher;
  now: () => Date;
  log: Log;
  metrics: Metrics;
}
