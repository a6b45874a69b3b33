import type { IncomingMessage } from "node:http";
import { OSQUERY_PREFIXES, type OsqueryNodeRequest } from "#protocol/osquery/messages.ts";
import type { FastCall } from "../../http/fast-lane.ts";
import type { OsqueryDeps } from "./deps.ts";
import type { OsqueryMemories } from "./memories.ts";
import { nodeKeyOf } from "./node-key-of.ts";
import { quickWrite } from "./quick-write.ts";
import { isNothingDue, readBytes } from "./read-queries.ts";

/** A key and its braces; what is longer is no poll. */
const POLL_BYTES_MAX = 2048;
/** Ten times what a device with much software sends. Longer bodies wait for their turn (admission.ts). */
const WRITE_BYTES_MAX = 1024 * 1024;

export type QuickDeps = Pick<OsqueryDeps, "sessions" | "seen" | "intervalSeconds" | "now" | "ingest"> & OsqueryMemories;

/**
 * What an unmodified agent calls all the time: polls of hosts that have nothing to do, answered from memory; polls of hosts that are due, and
 * writes that repeat the host's last report, for one read that many of them share. All else (a key that is wrong, a body that cannot be read, a
 * host with queries of its own, anything new) goes to the plugin.
 */
export function quickOsqueryCalls(deps: QuickDeps): FastCall[] {
  return OSQUERY_PREFIXES.flatMap((prefix) => [
    {
      path: `${prefix}/distributed/read`,
      bodyBytesMax: POLL_BYTES_MAX,
      answer: (body: Buffer, request: IncomingMessage) => answerPoll(deps, body, request.headers.authorization),
    },
    {
      path: `${prefix}/distributed/write`,
      bodyBytesMax: WRITE_BYTES_MAX,
      answer: (body: Buffer, request: IncomingMessage) => quickWrite(deps, body, request),
    },
  ]);
}

function answerPoll(
  deps: QuickDeps,
  bytes: Buffer,
  authorization: string | undefined,
): string | null | Promise<string | Buffer | null> {
  const body = parsed(bytes);
  const key = body === null ? undefined : nodeKeyOf(body, authorization);
  const session = typeof key === "string" ? deps.sessions.kept(key) : null;
  if (session?.agent !== "osquery") return null;
  if (!isNothingDue(deps, session)) return answerDue(deps, key);
  deps.seen.seen(session.host_id, { agent: session.agent });
  return "{}";
}

/** What memory has may be from before the report that another process just took: work is handed out after a read. */
async function answerDue(deps: QuickDeps, key: string | undefined): Promise<Buffer | null> {
  const session = await deps.sessions.read(key);
  if (session?.agent !== "osquery" || session.tailored) return null;
  deps.seen.seen(session.host_id, { agent: session.agent });
  return readBytes(deps, session);
}

function parsed(bytes: Buffer): OsqueryNodeRequest | null {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as unknown;
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
