import type { IncomingMessage } from "node:http";
import type { NodeSessions } from "../../devices/node-sessions.ts";
import { RepeatedDetails } from "../../devices/repeated-details.ts";
import { ReportMemory } from "../report-memory.ts";
import { HandedOut } from "./handed-out.ts";
import { RowMemory } from "./row-memory.ts";
import type { ScannedWrite } from "./scan-write.ts";

/** What this process remembers of osquery's agents; all of it can be lost at any moment. */
export interface OsqueryMemories {
  handedOut: HandedOut;
  reports: ReportMemory;
  rows: RowMemory;
  repeatedDetails: RepeatedDetails;
  /** What was found in the body of a request that is still under way. */
  scans: WeakMap<IncomingMessage, ScannedWrite>;
}

export function osqueryMemories({ sessions }: { sessions: NodeSessions }): OsqueryMemories {
  return {
    handedOut: new HandedOut(),
    reports: new ReportMemory(sessions),
    rows: new RowMemory(),
    repeatedDetails: new RepeatedDetails(),
    scans: new WeakMap(),
  };
}
