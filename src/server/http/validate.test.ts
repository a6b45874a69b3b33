import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { endpoint } from "#protocol/endpoint.ts";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { IdParams, pagingQuery, Time } from "#protocol/rest/paging.ts";
import { HttpError } from "./errors.ts";
import { inputValidator } from "./validate.ts";

const about = { permission: "public", tag: "T", summary: "S", description: "D", response: Type.Object({}) } as const;
const list = endpoint({
  ...about,
  method: "GET",
  path: "/things/:id",
  params: IdParams,
  query: pagingQuery(["name", "id"], {
    deep: Type.Optional(Type.Boolean()),
    since: Type.Optional(Time),
    exact: Type.Optional(Type.String({ pattern: "^a+$", description: "Only the letter a." })),
  }),
  accepted: ["team_id"],
});
const create = endpoint({
  ...about,
  method: "POST",
  path: "/things",
  body: Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 5 }),
      count: Type.Optional(Type.Integer({ maximum: 9 })),
      kind: Type.Optional(Type.Union([Type.Literal("a"), Type.Null()])),
      parts: Type.Optional(Type.Array(Type.Object({ id: Type.Integer() }, { additionalProperties: false }), { maxItems: 2 })),
    },
    { additionalProperties: false },
  ),
});
const bodiless = endpoint({ ...about, method: "POST", path: "/things/:id/refetch", params: IdParams });

function outcome(definition: unknown, raw: { params?: object; query?: object; body?: unknown }): unknown {
  try {
    return inputValidator(definition as AnyEndpoint)({ params: {}, query: {}, body: undefined, ...raw });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return [error.status, ...error.errors.map(({ name, reason }) => `${name}: ${reason}`)];
  }
}
const query = (given: object) => outcome(list, { params: { id: "1" }, query: given });
const body = (given: unknown) => outcome(create, { body: given });

describe("a query", () => {
  test("becomes numbers and booleans", () => {
    const input = { page: "2", per_page: "1000", deep: "1", order_key: "id", order_direction: "desc", query: "0" };
    expect(query(input)).toEqual({
      params: { id: 1 },
      query: { page: 2, per_page: 1000, deep: true, order_key: "id", order_direction: "desc", query: "0" },
      body: {},
    });
    for (const [text, value] of [
      ["true", true],
      ["false", false],
      ["0", false],
    ] as const) {
      expect(query({ deep: text })).toMatchObject({ query: { deep: value } });
    }
  });

  test("may hold documented parameters without effect, which disappear", () => {
    expect(query({ team_id: "7", page: "0" })).toMatchObject({ query: { page: 0 } });
    expect(query({ team_id: "7" })).not.toHaveProperty("query.team_id");
  });

  test("is refused by name, with what is allowed", () => {
    const allowed = "page, per_page, order_key, order_direction, after, query, deep, since, exact, team_id";
    expect(query({ teamid: "7" })).toEqual([400, `teamid: Unknown query parameter. Allowed: ${allowed}.`]);
    expect(query({ __proto__: null, constructor: "x" })).toEqual([
      400,
      `constructor: Unknown query parameter. Allowed: ${allowed}.`,
    ]);
    expect(query({ page: "-1", per_page: "0" })).toEqual([400, "page: Must be at least 0.", "per_page: Must be at least 1."]);
    expect(query({ per_page: "1001" })).toEqual([400, "per_page: Must be at most 1000."]);
    expect(query({ page: "one" })).toEqual([400, "page: Must be a whole number."]);
    expect(query({ page: "1.5" })).toEqual([400, "page: Must be a whole number."]);
    expect(query({ page: ["1", "2"] })).toEqual([400, "page: Must be a whole number, given once."]);
    expect(query({ deep: "yes" })).toEqual([400, "deep: Must be true or false."]);
    expect(query({ order_key: "size" })).toEqual([400, "order_key: Must be one of: name, id."]);
    expect(query({ order_direction: "up", order_key: "id" })).toEqual([400, "order_direction: Must be one of: asc, desc."]);
    expect(query({ since: "yesterday" })).toEqual([400, "since: Must be a time as RFC 3339, for example 2026-01-31T12:00:00Z."]);
    expect(query({ exact: "b" })).toEqual([400, "exact: Does not have the right form. Only the letter a."]);
    expect(query({ after: "x" })).toEqual([400, "after: after needs order_key: say also which key the list is ordered by."]);
  });
});

describe("a path", () => {
  test.each(["abc", "0", "-1", "1.5", "1e400", "1e3", "9999999999999999999"])("with the id %s is refused", (id) => {
    expect(outcome(list, { params: { id } })).toEqual([
      400,
      expect.stringMatching(/^id: Must be (a whole number|at least 1)\.$/),
    ]);
  });
});

describe("a body", () => {
  test("is taken at its word", () => {
    expect(body({ name: "x", count: 3, kind: null })).toMatchObject({ body: { name: "x", count: 3, kind: null } });
    expect(body({ name: "x", count: "3" })).toEqual([400, "count: Must be a whole number."]);
    expect(body({ name: 7 })).toEqual([400, "name: Must be text."]);
  });

  test("is refused by name: unknown fields 400, broken rules 422", () => {
    expect(body({ name: "x", size: 1, parts: [{ id: 1, x: 2 }] })).toEqual([
      400,
      "size: Unknown field. Allowed: name, count, kind, parts.",
      "parts.0.x: Unknown field. Allowed: id.",
    ]);
    expect(body({})).toEqual([422, "name: Required, and missing."]);
    expect(body(undefined)).toEqual([422, "name: Required, and missing."]);
    expect(body({ name: "" })).toEqual([422, "name: Must not be empty."]);
    expect(body({ name: "toolong" })).toEqual([422, "name: Must have at most 5 characters."]);
    expect(body({ name: "x", count: 10 })).toEqual([422, "count: Must be at most 9."]);
    expect(body({ name: "x", kind: "b" })).toEqual([422, "kind: Must be one of: a, null."]);
    expect(body({ name: "x", parts: [{ id: 1 }, { id: 1 }, { id: 1 }] })).toEqual([422, "parts: Must have at most 2 entries."]);
    expect(body({ name: "x", parts: [{ id: 1e300 }] })).toEqual([422, "parts.0.id: Must be at most 9007199254740991."]);
    expect(body([])).toEqual([400, "base: Must be an object."]);
    expect(body("text")).toEqual([400, "base: Must be an object."]);
  });

  test("is never repeated in the answer", () => {
    expect(JSON.stringify(body({ name: "hunter2hunter2", count: "hunter2" }))).not.toContain("hunter2");
  });

  test("names at most 20 faults", () => {
    const faults = body(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, 1])));
    expect(faults).toHaveLength(21);
  });

  test("where none is expected may be empty, and nothing else", () => {
    for (const empty of [undefined, null, {}])
      expect(outcome(bodiless, { params: { id: "1" }, body: empty })).toMatchObject({ body: {} });
    expect(outcome(bodiless, { params: { id: "1" }, body: { all: true } })).toEqual([
      400,
      "all: This call takes no body. None is allowed here.",
    ]);
  });
});
