import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { ErrorBody } from "#protocol/rest/errors.ts";
import { takesBody } from "./validate.ts";

type Json = Record<string, unknown>;

/** The document's parts that are made here; the rest of OpenAPI 3.1 is not needed. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string; description: string }[];
  tags: { name: string }[];
  paths: Record<string, Json>;
  components: { schemas: Json; responses: Json; securitySchemes: Json };
}

const DESCRIPTION =
  "Software management for device fleets. Where Fleet's REST API has a resource, this API has the same path, parameters, shapes " +
  "and errors; a list always pages (100 rows by default, at most 1,000), by offset and by cursor. Every call is also served " +
  "under `/api/v1/fleet`. `x-permission` says what a caller's role must allow.";
const ERRORS: readonly [status: string, description: string][] = [
  ["400", "The request is malformed, or a parameter is unknown or wrong."],
  ["401", "No valid token or session."],
  ["403", "The caller's role does not allow this."],
  ["404", "There is no such resource."],
  ["409", "The change contradicts what exists."],
  ["422", "The content breaks a rule."],
  ["429", "Too often; `Retry-After` says in how many seconds to try again."],
];

/**
 * Describes the REST API as an OpenAPI 3.1 document. A pure function of the endpoint definitions, so that the served page, the
 * committed file and the server's behaviour cannot differ.
 *
 * @param endpoints by name, which becomes the operationId
 */
export function openApiDocument(endpoints: Readonly<Record<string, AnyEndpoint>>, version: string): OpenApiDocument {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  reference(ErrorBody, schemas);
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(name, endpoint, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Muster", version, description: DESCRIPTION },
    servers: [{ url: "/api/latest/fleet", description: "This server" }],
    tags: [...new Set(Object.values(endpoints).map((endpoint) => endpoint.tag))].map((name) => ({ name })),
    paths: sorted(paths),
    components: {
      schemas: sorted(schemas),
      responses: { Error: { description: "Refused.", content: jsonContent({ $ref: "#/components/schemas/Error" }) } },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Token of a login or of an API-only user." },
        session: { type: "apiKey", in: "cookie", name: "muster_session", description: "The web UI's session." },
      },
    },
  };
}

function operationOf(name: string, endpoint: AnyEndpoint, schemas: Json): Json {
  const isPublic = endpoint.permission === "public";
  return {
    operationId: name,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: endpoint.description,
    "x-permission": endpoint.permission,
    security: isPublic ? [] : [{ token: [] }, { session: [] }],
    parameters: [...parametersOf(endpoint.params, "path"), ...parametersOf(endpoint.query, "query"), ...acceptedOf(endpoint)],
    ...(takesBody(endpoint) ? { requestBody: { required: true, content: jsonContent(reference(endpoint.body, schemas)) } } : {}),
    responses: { ...successOf(endpoint, schemas), ...errorsOf(endpoint) },
  };
}

function parametersOf(schema: AnyEndpoint["query"], location: "path" | "query"): Json[] {
  const required: readonly string[] = "required" in schema && Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property as { description?: string };
    const told = description === undefined ? {} : { description };
    return { name, in: location, required: location === "path" || required.includes(name), ...told, schema: rest };
  });
}

function acceptedOf(endpoint: AnyEndpoint): Json[] {
  const description = "Accepted for clients of Fleet; without effect.";
  return endpoint.accepted.map((name) => ({ name, in: "query", required: false, deprecated: true, description, schema: {} }));
}

function successOf(endpoint: AnyEndpoint, schemas: Json): Json {
  if (endpoint.download.length > 0) {
    const file = { schema: { type: "string" } };
    return { "200": { description: "The file.", content: Object.fromEntries(endpoint.download.map((type) => [type, file])) } };
  }
  const content = endpoint.status === 204 ? {} : { content: jsonContent(reference(endpoint.response, schemas)) };
  return { [String(endpoint.status)]: { description: "Done.", ...content } };
}

function errorsOf(endpoint: AnyEndpoint): Json {
  const isPublic = endpoint.permission === "public";
  const body = takesBody(endpoint);
  const possible: Readonly<Record<string, boolean>> = {
    "401": !isPublic || endpoint.path === "/login",
    "403": !isPublic || endpoint.path === "/setup",
    "404": Object.keys(endpoint.params.properties ?? {}).length > 0,
    "409": body,
    "422": body || endpoint.method === "DELETE",
    "429": isPublic && body,
  };
  return Object.fromEntries(
    ERRORS.filter(([status]) => possible[status] ?? true).map(([status, description]) => [
      status,
      { description, content: jsonContent({ $ref: "#/components/schemas/Error" }) },
    ]),
  );
}

function jsonContent(schema: unknown): Json {
  return { "application/json": { schema } };
}

/** Replaces schemas that have a name (`$id`) by references, and collects them. */
function reference(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((one) => reference(one, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...rest } = schema as { $id?: unknown };
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, reference(value, schemas)]));
  if (typeof $id !== "string") return body;
  schemas[$id] = body;
  return { $ref: `#/components/schemas/${$id}` };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
