import { OSQUERY_PREFIXES, type OsqueryNodeRequest } from "#protocol/osquery/messages.ts";
import type { FastCall } from "../../http/fast-lane.ts";
import type { OsqueryDeps } from "./deps.ts";
import { nodeKeyOf } from "./node-key-of.ts";
import { isNothingDue } from "./read-queries.ts";

/** A key and its braces; what is longer is no poll. */
const BODY_BYTES_MAX = 2048;

type QuickDeps = Pick<OsqueryDeps, "sessions" | "seen" | "intervalSeconds" | "now">;

/**
 * Polls of hosts that have nothing to do, answered from memory. All else (a host that memory does not know or that is due, a key that is
 * wrong, a body that cannot be read) goes to the plugin.
 */
export function quickPolls(deps: QuickDeps): FastCall[] {
  return OSQUERY_PREFIXES.map((prefix) => ({
    path: `${prefix}/distributed/read`,
    bodyBytesMax: BODY_BYTES_MAX,
    answer: (body, request) => answerPoll(deps, body, request.headers.authorization),
  }));
}

function answerPoll(deps: QuickDeps, bytes: Buffer, authorization: string | undefined): string | null {
  const body = parsed(bytes);
  const key = body === null ? undefined : nodeKeyOf(body, authorization);
  const session = typeof key === "string" ? deps.sessions.kept(key) : null;
  if (session?.agent !== "osquery" || !isNothingDue(deps, session)) return null;
  deps.seen.seen(session.host_id, { agent: session.agent });
  return "{}";
}

function parsed(bytes: Buffer): OsqueryNodeRequest | null {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as unknown;
    return typeof value === "object" ? (value as OsqueryNodeRequest | null) : null;
  } catch {
    return null;
  }
}
