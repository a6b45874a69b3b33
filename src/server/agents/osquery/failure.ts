import type { OsqueryFailure } from "#protocol/osquery/messages.ts";
import { HttpError } from "../../http/errors.ts";
import { HostGoneError } from "../../inventory/link-host.ts";

/** The key is unknown: the agent forgets it and enrols again. */
export class NodeInvalidError extends HttpError {
  constructor(reason: string) {
    super(401, [{ name: "node_key", reason }]);
  }
}

export interface Failure {
  status: number;
  body: OsqueryFailure;
  retryAfterSeconds: number | null;
}

/**
 * What an agent is told of a failure. The `error` key is what counts: without it osquery takes any reply for success and drops what
 * it sent (reference osquery-remote.md §1.1). Internals never show.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof HostGoneError) return failureOf(new NodeInvalidError("This host was deleted; enroll again."));
  if (error instanceof HttpError) {
    const body: OsqueryFailure = { error: error.errors[0]?.reason ?? error.message };
    if (error.status === 401) body.node_invalid = true;
    return { status: error.status, body, retryAfterSeconds: error.retryAfterSeconds ?? null };
  }
  const status = clientStatus(error);
  const text = status === 500 ? "The server failed; send it again later." : "The request cannot be read.";
  return { status, body: { error: text }, retryAfterSeconds: null };
}

/** Fastify's own refusals (body too large, broken framing) carry a status; everything else is the server's fault. */
function clientStatus(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : null;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}
