import { hash } from "node:crypto";
import { AGENT_PREFIX, type PollResponse } from "#protocol/agent/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import type { FastCall } from "../../http/fast-lane.ts";
import type { ReportMemory } from "../report-memory.ts";
import type { MusterAgentDeps } from "./deps.ts";

/** A digest for each of some dozens of sources; with the host's facts it is longer, and goes to the plugin. */
const CHECKIN_BYTES_MAX = 8192;
const POLL_BYTES_MAX = 256;

type QuickDeps = Pick<MusterAgentDeps, "sessions" | "seen" | "devices"> & { reports: ReportMemory };

/**
 * Check-ins that repeat the last one, for one read that many of them share, and polls that do not wait, from memory. All else goes to
 * the plugin.
 */
export function quickCalls(deps: QuickDeps): FastCall[] {
  return [
    {
      path: `${AGENT_PREFIX}/checkin`,
      bodyBytesMax: CHECKIN_BYTES_MAX,
      answer: (body, { headers }) => answerCheckin(deps, body, nodeKeyOf(headers.authorization)),
    },
    {
      path: `${AGENT_PREFIX}/poll`,
      bodyBytesMax: POLL_BYTES_MAX,
      answer: (body, { headers }) => answerPoll(deps, body, nodeKeyOf(headers.authorization)),
    },
  ];
}

/** What a repeated check-in is known by. */
export function checkinDigest(body: Buffer): string {
  return hash("sha256", body, "base64url");
}

export function nodeKeyOf(authorization: string | undefined): string | undefined {
  return /^NodeKey +(\S+)$/i.exec(authorization ?? "")?.[1];
}

async function answerCheckin(deps: QuickDeps, body: Buffer, key: string | undefined): Promise<string | null> {
  const session = await deps.sessions.read(key).catch(() => null);
  if (session?.agent !== "muster" || session.refetch_requested) return null;
  const repeated = deps.reports.repeated(session, checkinDigest(body));
  if (repeated === null) return null;
  deps.seen.seen(session.host_id, { reported: true, agent: session.agent });
  deps.sessions.reported(session, deps.devices.now());
  return repeated.answer;
}

/** The body of a poll that does not wait, as a program writes it. */
const NO_WAIT = Buffer.from(JSON.stringify({ wait_seconds: 0 }));

function answerPoll(deps: QuickDeps, body: Buffer, key: string | undefined): string | null {
  if (key === undefined || !body.equals(NO_WAIT)) return null;
  const session: NodeSession | null = deps.sessions.kept(key);
  if (session?.agent !== "muster" || session.refetch_requested) return null;
  deps.seen.seen(session.host_id, { agent: session.agent });
  const { collection_etag } = session;
  return JSON.stringify({ refetch: false, collection_etag } satisfies PollResponse);
}
