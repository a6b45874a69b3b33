import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { TObject, TSchema } from "typebox";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { HttpError } from "./errors.ts";
import { checkPagingRules } from "./paging.ts";
import { allowedProperties, explainErrors } from "./validation-reasons.ts";
import type { InputPart } from "./validation-reasons.ts";

/** The raw parts of a request. */
export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** The validated parts, in the types of the endpoint's schemas. */
export interface ValidInput {
  params: object;
  query: object;
  body: unknown;
}

const AJV_OPTIONS = { allErrors: true, verbose: true, strict: true, strictTypes: false, removeAdditional: false } as const;
const textAjv = createAjv(true);
const bodyAjv = createAjv(false);

/** One AJV; `coerce` for what arrives as text (path and query). Bodies are taken at their word: "1" is not a number there. */
function createAjv(coerce: boolean): Ajv {
  const ajv = new Ajv({ ...AJV_OPTIONS, coerceTypes: coerce });
  addFormats.default(ajv, ["date-time"]);
  return ajv;
}

/**
 * Makes the check of everything that one endpoint takes in. Nothing is removed silently: what the endpoint does not know is
 * refused by name, except its documented parameters without effect (`accepted`).
 *
 * @returns a function that gives the typed input, or throws {@link HttpError}: 400 for path, query, unknown fields and wrong types;
 *   422 for a body whose values break a rule (reference fleet-rest-api.md §1.1)
 */
export function inputValidator(endpoint: AnyEndpoint): (raw: RawInput) => ValidInput {
  const params = textAjv.compile(closed(endpoint.params));
  const query = textAjv.compile(closed(endpoint.query));
  const body = takesBody(endpoint) ? bodyAjv.compile(withoutIds(endpoint.body) as object) : null;
  const pages = "order_key" in (endpoint.query.properties ?? {});
  return (raw) => {
    const input = {
      params: { ...(raw.params as object) },
      query: queryOf(endpoint, raw.query as Record<string, unknown>),
      body: raw.body ?? undefined,
    };
    check(params, input.params, "path parameter", []);
    check(query, input.query, "query parameter", endpoint.accepted);
    if (pages) checkPagingRules(input.query);
    if (body === null) refuseBody(input.body);
    else check(body, input.body ?? {}, "field", []);
    return body === null ? { ...input, body: {} } : { ...input, body: input.body ?? {} };
  };
}

/** Does this endpoint read a body? Endpoints without one carry the empty schema. */
export function takesBody(endpoint: AnyEndpoint): boolean {
  return Object.keys(endpoint.body).length > 0;
}

/** A copy without `$id`: AJV and the serializer would take the same id in two endpoints for a clash. */
export function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "$id" && typeof value === "string"))
      .map(([key, value]) => [key, withoutIds(value)]),
  );
}

function closed(schema: TObject): TSchema {
  return { ...(withoutIds(schema) as object), additionalProperties: false };
}

/** The query without the parameters that have no effect; `1` and `0` become booleans where a boolean is meant. */
function queryOf(endpoint: AnyEndpoint, raw: Record<string, unknown>): Record<string, unknown> {
  const known = endpoint.query.properties ?? {};
  const given = Object.entries(raw).filter(([name]) => name in known || !endpoint.accepted.includes(name));
  return Object.fromEntries(given.map(([name, value]) => [name, isBoolean(known[name]) ? booleanOf(value) : value]));
}

function isBoolean(schema: TSchema | undefined): boolean {
  return schema !== undefined && "type" in schema && schema.type === "boolean";
}

function booleanOf(value: unknown): unknown {
  if (value === "1") return "true";
  return value === "0" ? "false" : value;
}

function check(validate: ValidateFunction, value: unknown, part: InputPart, accepted: readonly string[]): void {
  if (validate(value)) return;
  const errors = validate.errors ?? [];
  throw new HttpError(statusOf(errors, part), explainErrors(errors, part, accepted));
}

function statusOf(errors: readonly ErrorObject[], part: InputPart): 400 | 422 {
  if (part !== "field") return 400;
  return errors.some((error) => error.keyword === "additionalProperties" || error.keyword === "type") ? 400 : 422;
}

/** An endpoint without a body still gets `{}` or `null` from some clients; anything more would be ignored silently. */
function refuseBody(body: unknown): void {
  if (body === undefined || body === null) return;
  const names = typeof body === "object" ? Object.keys(body) : ["base"];
  if (names.length === 0) return;
  const reason = `This call takes no body. ${allowedProperties([])}`;
  throw new HttpError(
    400,
    names.slice(0, 20).map((name) => ({ name, reason })),
  );
}
