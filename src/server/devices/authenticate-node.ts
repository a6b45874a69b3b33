import type { Database } from "../database/tables.ts";
import { collectionEtag } from "../settings/collection-etag.ts";
import type { AgentKind } from "./enrollee.ts";
import { enrollmentsByNodeKeys, type NodeSessionRow } from "./enrollment-store.ts";
import { isPlausibleNodeKey, nodeKeyHash } from "./node-key.ts";

/** Who an agent is, and all that its adapter needs to answer a poll without another query. */
export interface NodeSession {
  host_id: number;
  agent: AgentKind;
  /** As the host's row says: osquery's word (`ubuntu`, `darwin`, …), empty until the first details. */
  platform: string;
  hostname: string;
  refetch_requested: boolean;
  /** Last full report of this agent that was accepted; up to about a second late (see seen-buffer.ts). */
  reported_at: Date | null;
  /** Muster's own agent reports for this host too: its sources are not taken from another agent (see MUSTER_AGENT_SOURCES). */
  muster_reports: boolean;
  /** There are collection settings or dynamic labels, so what this host is asked may be its own (agents/osquery/tailor-queries.ts). */
  tailored: boolean;
  /** Names the collection settings of this host (settings/collection-etag.ts). */
  collection_etag: string;
  software_sequence: number;
  osquery_version: string;
  agent_version: string;
  /** Sources that a running refetch of this agent waits for; null when none runs. */
  refetch_sources: string[] | null;
  /** When the host's row last changed; equal times mean that its facts are the same. */
  updated_at: Date;
}

/** Muster's agent counts as reporting until its last report is this old: longer than any interval, shorter than a lost machine. */
export const MUSTER_REPORTS_MS = 24 * 60 * 60 * 1000;

/**
 * The host that a node key belongs to; null for a key that nobody holds (never issued, replaced by a re-enrolment, or the host
 * was deleted): the agent must enrol again. One indexed read on the primary; the agents' calls go through `NodeSessions`,
 * which reads for many at once.
 */
export async function authenticateNode(deps: { db: Database; now: () => Date }, nodeKey: unknown): Promise<NodeSession | null> {
  if (!isPlausibleNodeKey(nodeKey)) return null;
  const musterReportedSince = new Date(deps.now().getTime() - MUSTER_REPORTS_MS);
  const [found] = await enrollmentsByNodeKeys(deps.db, [nodeKeyHash(nodeKey)], musterReportedSince);
  return found === undefined ? null : sessionOf(found);
}

/** The session of a row as it is read. */
export function sessionOf({ node_key_hash: _hash, collection_layers, ...session }: NodeSessionRow): NodeSession {
  return { ...session, collection_etag: collectionEtag(collection_layers ?? []) };
}
