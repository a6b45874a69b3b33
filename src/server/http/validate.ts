import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { TObject, TSchema } from "typebox";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { HttpError } from "./errors.ts";
import { checkPagingRules } from "./paging.ts";
import { allowedProperties, explainErrors, tellingErrors } from "./validation-reasons.ts";
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

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, strictTypes: false });
addFormats.default(ajv, ["date-time"]);

/**
 * Makes the check of everything that one endpoint takes in. Nothing is removed silently: what the endpoint does not know is
 * refused by name, except its documented parameters without effect (`accepted`).
 *
 * @returns a function that gives the typed input, or throws {@link HttpError}: 400 for path, query, unknown fields and wrong types;
 *   422 for a body whose values break a rule (reference fleet-rest-api.md §1.1)
 */
export function inputValidator(endpoint: AnyEndpoint): (raw: RawInput) => ValidInput {
  const params = ajv.compile({ ...(inputSchema(endpoint.params) as object), additionalProperties: false });
  const query = ajv.compile({ ...(inputSchema(endpoint.query) as object), additionalProperties: false });
  const body = takesBody(endpoint) ? ajv.compile(inputSchema(endpoint.body) as object) : null;
  const pages = "order_key" in (endpoint.query.properties ?? {});
  return (raw) => {
    const input = {
      params: typedTexts(raw.params as object, endpoint.params),
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

/** The schema as input is checked: a whole number beyond what JavaScript and PostgreSQL can hold is none. */
function inputSchema(schema: unknown): unknown {
  return boundIntegers(withoutIds(schema));
}

function boundIntegers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(boundIntegers);
  if (typeof schema !== "object" || schema === null) return schema;
  const bounded = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, boundIntegers(value)]));
  if (bounded["type"] !== "integer") return bounded;
  return { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...bounded };
}

/** The query without the parameters that have no effect. */
function queryOf(endpoint: AnyEndpoint, raw: Record<string, unknown>): Record<string, unknown> {
  const known = endpoint.query.properties ?? {};
  const given = Object.entries(raw).filter(([name]) => name in known || !endpoint.accepted.includes(name));
  return typedTexts(Object.fromEntries(given), endpoint.query);
}

/**
 * What arrives as text becomes what the schema means: digits a number, `true`, `1`, `false`, `0` a boolean. Anything else stays the
 * text it is, for the check to refuse. Bodies are taken at their word instead: "1" is not a number there.
 */
function typedTexts(texts: object, schema: TObject): Record<string, unknown> {
  const known: Record<string, TSchema> = schema.properties ?? {};
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, typedText(text, known[name])]));
}

function typedText(text: unknown, schema: TSchema | undefined): unknown {
  const type = schema !== undefined && "type" in schema ? schema.type : null;
  if (typeof text !== "string") return text;
  if (type === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === "number" && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  if (type !== "boolean") return text;
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : text;
}

function check(validate: ValidateFunction, value: unknown, part: InputPart, accepted: readonly string[]): void {
  if (validate(value)) return;
  const errors = tellingErrors(validate.errors ?? []);
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
