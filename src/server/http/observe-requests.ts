import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "#server/observe/metrics.ts";
import { REQUEST_SECONDS_HELP } from "./fast-lane.ts";

/**
 * Counts and logs every request: by method and route pattern, never by address (identifiers and one-time codes stay out), and
 * never with headers or bodies. Reads are logged at `debug`, changes at `info`, faults at `error` (by the error handler too).
 */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram("muster_http_request_seconds", REQUEST_SECONDS_HELP, ["method", "route", "status"]);
  app.addHook("onResponse", (request, reply, done) => {
    const route = routeName(request);
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    seconds.observe(labels, reply.elapsedTime / 1000);
    const line = { ...labels, ms: Math.round(reply.elapsedTime * 10) / 10, ip: request.ip };
    if (isQuiet(request)) request.log.debug(line, "request");
    else request.log.info({ ...line, user_id: request.caller?.user_id ?? null }, "request");
    done();
  });
}

/** The route's pattern without the version prefix, so that both prefixes count as one. */
function routeName(request: FastifyRequest): string {
  return (request.routeOptions.url ?? "unknown").replace(/^\/api\/(?:v1|latest)\/fleet/, "");
}

/** Reads, and what agents send all day. */
function isQuiet(request: FastifyRequest): boolean {
  return request.method === "GET" || request.method === "HEAD" || !/^\/api\/(?:v1|latest)\/fleet\//.test(request.url);
}
