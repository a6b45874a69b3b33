import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorBody } from "#protocol/rest/errors.ts";
import { HttpError, messageOf } from "./errors.ts";

/** What PostgreSQL says when a value of the request cannot be what a column holds. */
const BAD_CURSOR_CODES = new Set(["22P02", "22007", "22008", "22003"]);
const BAD_TEXT_CODES = new Set(["22021", "22P05"]);
/** The database is away, starting, stopping or full of connections; trying again is right. */
const UNAVAILABLE_CODE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08\w{3}|57P0[1-5]|53300)$/;
const UNAVAILABLE_MESSAGE = /^(timeout exceeded when trying to connect|Connection terminated)/;
const UNAVAILABLE_RETRY_SECONDS = 5;

interface ThrownFields {
  statusCode?: unknown;
  code?: unknown;
  constraint?: unknown;
  table?: unknown;
  syscall?: unknown;
}

/**
 * Answers an error in the documented shape (reference fleet-rest-api.md §1.1). A fault of the server tells the caller nothing but
 * a uuid; the log has the rest under it.
 */
export function replyError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = refusalOf(error, request);
  // a refusal that was thrown on purpose (come again later) is no fault, whatever its status
  if (known === null || (known.status >= 500 && known !== error)) logFault(error, request);
  if (known?.retryAfterSeconds !== undefined) reply.header("retry-after", String(known.retryAfterSeconds));
  reply.header("cache-control", "no-store");
  const status = known?.status ?? 500;
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply
    .code(status)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(errorBody(status, known, request.id)));
}

/** The body of an error answer; `refusal` null: nothing to tell. */
export function errorBody(status: number, refusal: HttpError | null, uuid: string): ErrorBody {
  const message = refusal?.title ?? messageOf(status);
  return { message, errors: refusal?.errors ?? [{ name: "base", reason: message }], uuid };
}

/** What the caller did wrong or can only wait for, or null when the server is at fault. */
function refusalOf(error: unknown, request: FastifyRequest): HttpError | null {
  if (error instanceof HttpError) return error;
  const { statusCode, code } = fieldsOf(error);
  if (typeof code === "string" && BAD_TEXT_CODES.has(code)) {
    return new HttpError(400, [
      { name: "base", reason: "A text holds a NUL or broken character, which cannot be stored. Remove it." },
    ]);
  }
  if (typeof code === "string" && BAD_CURSOR_CODES.has(code) && hasCursor(request)) {
    return new HttpError(400, [{ name: "after", reason: "Not a value of order_key. Take it from meta.next_cursor." }]);
  }
  if (isUnavailable(error)) {
    const reason = "The database cannot be reached at the moment. Try again in a few seconds.";
    return new HttpError(503, [{ name: "base", reason }], UNAVAILABLE_RETRY_SECONDS);
  }
  if (typeof statusCode !== "number" || statusCode < 400 || statusCode > 499) return null;
  return new HttpError(statusCode, [{ name: "base", reason: clientReason(statusCode, error, request) }]);
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = fieldsOf(error);
  // a missing socket means that the database is not running; a missing file means something else
  if (code === "ENOENT") return syscall === "connect";
  return UNAVAILABLE_CODE.test(String(code)) || UNAVAILABLE_MESSAGE.test(error.message);
}

function hasCursor(request: FastifyRequest): boolean {
  return typeof request.query === "object" && request.query !== null && "after" in request.query;
}

/** Fastify's own refusals, in our words. */
function clientReason(status: number, error: unknown, request: FastifyRequest): string {
  const { code } = fieldsOf(error);
  if (status === 413) return `The body is larger than ${request.routeOptions.bodyLimit} bytes. Send less in one call.`;
  if (status === 415) return "Send the body as JSON with the header `Content-Type: application/json`.";
  if (status === 414) return "The address is too long.";
  if (code === "FST_ERR_BAD_URL") return "The address holds a malformed percent escape.";
  if (error instanceof SyntaxError || code === "FST_ERR_CTP_INVALID_JSON_BODY") return "The body is not valid JSON.";
  return "The request cannot be read: its head or body is malformed.";
}

/** PostgreSQL's `detail` quotes whole rows, hashes included: only fields that hold no data are logged. */
function logFault(error: unknown, request: FastifyRequest): void {
  const { code, constraint, table } = fieldsOf(error);
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const route = request.routeOptions.url ?? null;
  request.log.error({ route, failure: { name, message, stack, code, constraint, table } }, "request failed");
}

function fieldsOf(error: unknown): ThrownFields {
  return typeof error === "object" && error !== null ? error : {};
}
