import { BoundedMap } from "#domain/core/bounded-map.ts";
import type { AgentKind } from "../devices/enrollee.ts";
import type { NodeSession } from "../devices/authenticate-node.ts";
import type { NodeSessions } from "../devices/node-sessions.ts";

/** What an agent last reported to this process, when all of it was recorded. */
export interface RememberedReport {
  /** Digest of the very bytes that it sent, and of all else that decides what they mean. */
  digest: string;
  /** The host's `software_sequence` at which its recorded software was exactly what these bytes say. */
  sequence: number;
  rows: number;
  /** What was answered, as JSON text. */
  answer: string;
}

/** About 250 bytes each. */
const REPORTS_MAX = 200_000;

/**
 * Remembers each agent's last report, so that the same bytes again cost neither parsing nor a comparison. Every change of a host's
 * recorded software, by whomever and in whichever process, advances its sequence in the same transaction; so equal bytes at an equal
 * sequence mean that there is nothing to do. In memory and not in the database: another process, or this one after a restart, compares
 * once as ever, and code that translates otherwise can never meet a digest of the old one.
 */
export class ReportMemory {
  readonly #reports = new BoundedMap<string, RememberedReport>(REPORTS_MAX);
  #drops = 0;

  /** @param sessions tells when something else about a host changed that its answers may depend on */
  constructor(sessions: Pick<NodeSessions, "onDropped">) {
    sessions.onDropped((hostId) => this.#drop(hostId));
  }

  /** The report that is repeated by these bytes; null when they are new, or the host's software is no longer what they led to. */
  repeated(session: Pick<NodeSession, "host_id" | "agent" | "software_sequence">, digest: string): RememberedReport | null {
    const known = this.#reports.get(keyOf(session));
    return known?.digest === digest && known.sequence === session.software_sequence ? known : null;
  }

  /** The present moment, to be taken before an answer is made: see {@link remember}. */
  mark(): number {
    return this.#drops;
  }

  /** @param mark when the answer began to be made; it is not remembered when something that it may depend on changed since */
  remember(session: { host_id: number; agent: AgentKind }, report: RememberedReport, mark: number): void {
    if (mark === this.#drops) this.#reports.set(keyOf(session), report);
  }

  #drop(hostId: number | null): void {
    this.#drops++;
    if (hostId === null) this.#reports.clear();
    else for (const agent of ["osquery", "muster"] as const) this.#reports.delete(keyOf({ host_id: hostId, agent }));
  }
}

function keyOf({ host_id, agent }: { host_id: number; agent: AgentKind }): string {
  return `${agent} ${host_id}`;
}
