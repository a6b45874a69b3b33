import type {
  AGENT_PREFIX,
  CheckinRequest,
  CheckinResponse,
  EnrollRequest,
  EnrollResponse,
  InventoryRequest,
  PollRequest,
  PollResponse,
} from "#protocol/agent/messages.ts";
import { CallError } from "./transport.ts";
import type { Transport } from "./transport.ts";

/** The protocol's own constant, as a literal: importing the schemas would load their library into every device. */
const PREFIX: typeof AGENT_PREFIX = "/api/v1/muster/agent";

const CALL_TIMEOUT_MS = 60_000;
const INVENTORY_TIMEOUT_MS = 180_000;
/** Added to a poll's own wait for the way there and back. */
const POLL_MARGIN_MS = 15_000;

/** The agent protocol's calls, with their answers checked. */
export interface ServerCalls {
  enroll(request: EnrollRequest, signal: AbortSignal): Promise<EnrollResponse>;
  checkin(nodeKey: string, request: CheckinRequest, signal: AbortSignal): Promise<CheckinResponse>;
  inventory(nodeKey: string, request: InventoryRequest, signal: AbortSignal): Promise<void>;
  poll(nodeKey: string, request: PollRequest, signal: AbortSignal): Promise<PollResponse>;
  /** The collection settings of this host, as answered: whoever takes them over checks them. */
  collection(nodeKey: string, signal: AbortSignal): Promise<unknown>;
}

export function createServerCalls(transport: Transport): ServerCalls {
  function call(name: string, body: unknown, nodeKey: string | null, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    return transport.post(`${PREFIX}/${name}`, body, { nodeKey, timeoutMs, signal });
  }
  return {
    async enroll(request, signal) {
      const answer = record(await call("enroll", request, null, CALL_TIMEOUT_MS, signal));
      const { node_key, host_id } = answer;
      // A header carries the key: anything but visible ASCII would break every later call.
      if (typeof node_key !== "string" || !/^[\x21-\x7e]{1,1000}$/.test(node_key)) throw unusable("enroll", "node_key");
      if (!isInteger(host_id)) throw unusable("enroll", "host_id");
      return { node_key, host_id };
    },
    async checkin(nodeKey, request, signal) {
      const answer = record(await call("checkin", request, nodeKey, CALL_TIMEOUT_MS, signal));
      const { wanted, interval_seconds } = answer;
      if (!Array.isArray(wanted) || !wanted.every((source) => typeof source === "string")) throw unusable("checkin", "wanted");
      if (!isInteger(interval_seconds)) throw unusable("checkin", "interval_seconds");
      return { wanted, interval_seconds, ...collectionEtag("checkin", answer) };
    },
    async inventory(nodeKey, request, signal) {
      record(await call("inventory", request, nodeKey, INVENTORY_TIMEOUT_MS, signal));
    },
    async poll(nodeKey, request, signal) {
      const answer = record(await call("poll", request, nodeKey, request.wait_seconds * 1000 + POLL_MARGIN_MS, signal));
      const { refetch } = answer;
      if (typeof refetch !== "boolean") throw unusable("poll", "refetch");
      return { refetch, ...collectionEtag("poll", answer) };
    },
    async collection(nodeKey, signal) {
      return call("collection", {}, nodeKey, CALL_TIMEOUT_MS, signal);
    },
  };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CallError("unusable", "What answers at the server's address is not a Muster server.");
  }
  return value as Record<string, unknown>;
}

function collectionEtag(name: string, answer: Record<string, unknown>): { collection_etag?: string } {
  const { collection_etag } = answer;
  if (collection_etag === undefined) return {};
  if (typeof collection_etag !== "string" || !/^[0-9a-f]{1,64}$/.test(collection_etag)) throw unusable(name, "collection_etag");
  return { collection_etag };
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function unusable(name: string, field: string): CallError {
  return new CallError("unusable", `The server's answer to ${name} has no usable ${field}.`);
}
