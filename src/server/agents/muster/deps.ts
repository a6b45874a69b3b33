import type { DevicesDeps, SignalPublisher } from "../../devices/deps.ts";
import type { NodeSessions } from "../../devices/node-sessions.ts";
import type { SeenBuffer } from "../../devices/seen-buffer.ts";
import type { ReportMemory } from "../report-memory.ts";
import type { IngestDeps } from "../../inventory/ingest-report.ts";

/** What the adapter of Muster's own agent works with: it translates, and calls devices and inventory. */
export interface MusterAgentDeps {
  devices: DevicesDeps;
  ingest: IngestDeps;
  seen: SeenBuffer;
  sessions: NodeSessions;
  reports: ReportMemory;
  signals: SignalPublisher & { subscribe(channel: string, listener: (payload: string) => void): () => void };
  /** Seconds between a host's full reports. */
  intervalSeconds: number;
  /** Connections of the primary's pool: bounds how many inventories are worked on at once. */
  poolSize: number;
}
