import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { authoriseRequest } from "./authentication.ts";
import type { Authenticate } from "./authentication.ts";
import { sendDownload } from "./download.ts";
import type { Download } from "./download.ts";
import { NO_CONTENT, type Caller, type Route } from "./route.ts";
import { responseSerializer } from "./serialize.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { inputValidator } from "./validate.ts";

/** Two names for one thing, as Fleet has them (reference fleet-rest-api.md §1). */
export const REST_PREFIXES = ["/api/v1/fleet", "/api/latest/fleet"] as const;

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the REST routes before the body is read; null on public endpoints and everywhere else. */
    caller: Caller | null;
  }
}

export interface RestAccess {
  authenticate: Authenticate;
  cookie: SessionCookie;
  publicUrl: string | null;
}

/** Registers every route under both prefixes. The order is: who asks, may they, is the input right, do it, is the answer right. */
export function registerRoutes(app: FastifyInstance, routes: readonly Route[], access: RestAccess): void {
  for (const { endpoint, handle } of routes as readonly (Route & { endpoint: AnyEndpoint })[]) {
    // compiled at the first call: all of them together would take a third of the server's start
    const validInput = lazy(() => inputValidator(endpoint));
    const serialize = lazy(() => (endpoint.status === 204 ? () => "" : responseSerializer(endpoint.response)));
    const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      // answers hold tokens, secrets and what only this caller may see
      reply.header("cache-control", "no-store");
      request.caller = await authoriseRequest(request, endpoint, access);
    };
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const input = validInput()({ params: request.params, query: request.query, body: request.body });
      const result = await handle({ ...input, caller: request.caller, request, reply });
      if (result === NO_CONTENT) return reply.code(204).send();
      if (endpoint.download.length > 0) return await sendDownload(reply, result as Download);
      const json = serialize()(result);
      if (endpoint.status === 204) return reply.code(204).send();
      return reply.code(endpoint.status).type("application/json; charset=utf-8").send(json);
    };
    for (const prefix of REST_PREFIXES) {
      const bodyLimit = endpoint.body_bytes_max;
      const limits = bodyLimit === null ? {} : { bodyLimit };
      app.route({ method: endpoint.method, url: `${prefix}${endpoint.path}`, ...limits, onRequest, handler });
    }
  }
}

/** Makes a value when it is first asked for. */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
