import type { DevicesDeps } from "../../devices/deps.ts";
import type { NodeSessions } from "../../devices/node-sessions.ts";
import type { SeenBuffer } from "../../devices/seen-buffer.ts";
import type { IngestDeps } from "../../inventory/ingest-report.ts";
import type { Log } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

/** What the osquery adapter works with: it translates, and calls devices and inventory. */
export interface OsqueryDeps {
  devices: DevicesDeps;
  ingest: IngestDeps;
  seen: SeenBuffer;
  sessions: NodeSessions;
  /** Seconds between a host's full reports; 0: at every poll. */
  intervalSeconds: number;
  /** Connections of the primary's pool: bounds how many reports are worked on at once. */
  poolSize: number;
  now: () => Date;
  log: Log;
  metrics: Metrics;
}
