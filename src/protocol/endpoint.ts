import type { Static, TObject, TSchema } from "typebox";
import type { Permission } from "#domain/access/permissions.ts";

/**
 * One REST endpoint, defined once: the server registers it, the client calls it, the OpenAPI file and the permission tests are
 * made from it. Paths are written without the prefix: an endpoint of `api: "fleet"` is served under `/api/v1/fleet` and
 * `/api/latest/fleet`.
 */
export interface Endpoint<P extends TObject, Q extends TObject, B extends TSchema, R extends TSchema> {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  permission: Permission;
  /** Groups endpoints in the description. */
  tag: string;
  summary: string;
  /** Meaning, rule sources, errors; Markdown. */
  description: string;
  params: P;
  query: Q;
  body: B;
  response: R;
  status: 200 | 201 | 202 | 204;
  /** Query parameters that Fleet documents and that have no meaning here: accepted, without effect. */
  accepted: readonly string[];
  /** Media types of an answer that is a file, sent piece by piece; empty: the answer is JSON, as `response` says. */
  download: readonly string[];
  /** Bytes of the largest body; null: what every endpoint takes. */
  body_bytes_max: number | null;
}

export type AnyEndpoint = Endpoint<TObject, TObject, TSchema, TSchema>;
export type EndpointInput<E> =
  E extends Endpoint<infer P, infer Q, infer B, infer _R> ? { params: Static<P>; query: Static<Q>; body: Static<B> } : never;
export type EndpointResult<E> = E extends Endpoint<infer _P, infer _Q, infer _B, infer R> ? Static<R> : never;

type Optionals<P, Q, B> = Partial<{
  params: P;
  query: Q;
  body: B;
  status: AnyEndpoint["status"];
  accepted: readonly string[];
  download: readonly string[];
  body_bytes_max: number;
}>;
type Essentials = Pick<AnyEndpoint, "method" | "path" | "permission" | "tag" | "summary" | "description">;

const NOTHING = { type: "object", properties: {}, additionalProperties: false } as unknown as TObject<Record<never, never>>;
const NO_BODY = {} as unknown as TObject<Record<never, never>>;

/** Defines an endpoint; what is not given is empty. */
export function endpoint<
  R extends TSchema,
  P extends TObject = TObject<Record<never, never>>,
  Q extends TObject = TObject<Record<never, never>>,
  B extends TSchema = TObject<Record<never, never>>,
>(definition: Essentials & { response: R } & Optionals<P, Q, B>): Endpoint<P, Q, B, R> {
  return {
    status: 200,
    accepted: [],
    download: [],
    body_bytes_max: null,
    ...definition,
    params: definition.params ?? (NOTHING as unknown as P),
    query: definition.query ?? (NOTHING as unknown as Q),
    body: definition.body ?? (NO_BODY as unknown as B),
  };
}
