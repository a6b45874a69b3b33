import type { EndpointInput, EndpointResult, Endpoint } from "#protocol/endpoint.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Download } from "./download.ts";

/** Who makes a call: a user through a session (cookie or bearer token). Public endpoints have none. */
export interface Caller {
  user_id: number;
  session_id: number;
  name: string;
  email: string;
  api_only: boolean;
  global_role: "admin" | null;
}

/** What a handler gets: the validated input and who asks. `request` and `reply` are for cookies and headers only. */
export type HandlerInput<E> = EndpointInput<E> & { caller: Caller | null; request: FastifyRequest; reply: FastifyReply };

// `any`: an endpoint's four schemas vary independently; HandlerInput and EndpointResult bring the concrete types back.
// oxlint-disable-next-line typescript/no-explicit-any
type SomeEndpoint = Endpoint<any, any, any, any>;

/** One served endpoint: made by {@link route}, collected by each component's `routes.ts`, registered by http/app.ts. */
export interface Route {
  endpoint: SomeEndpoint;
  handle: (input: HandlerInput<SomeEndpoint>) => Promise<unknown>;
}

/** Binds an endpoint whose answer is a file to the code that makes it. */
export function downloadRoute<E extends SomeEndpoint>(
  definition: E,
  handle: (input: HandlerInput<E>) => Promise<Download>,
): Route {
  return { endpoint: definition, handle: handle as Route["handle"] };
}

/** What a handler returns when there is nothing to tell: answered with 204, whatever the endpoint's status is otherwise. */
export const NO_CONTENT = Symbol("no content");

/** Binds an endpoint of the protocol to the code that answers it, with both sides' types checked. */
export function route<E extends SomeEndpoint>(
  definition: E,
  handle: (input: HandlerInput<E>) => Promise<EndpointResult<E> | typeof NO_CONTENT>,
): Route {
  return { endpoint: definition, handle: handle as Route["handle"] };
}
