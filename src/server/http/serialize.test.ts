import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { NullableTime, oneOf, Time } from "#protocol/rest/paging.ts";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { ResponseMismatch, responseSerializer } from "./serialize.ts";

const Named = Type.Object({ id: Type.Integer(), seen: NullableTime }, { $id: "Named" });
const serialize = responseSerializer(
  Type.Object({
    at: Time,
    first: Named,
    more: Type.Array(Named),
    both: Type.Intersect([Named, Type.Object({ extra: Type.Optional(Type.String()) })], { $id: "Both" }),
    kind: oneOf(["a", "b"]),
    count: Type.Union([Type.Integer(), Type.Null()]),
    details: Type.Record(Type.String(), Type.Unknown()),
    nothing: Type.Array(Type.Never()),
  }),
);
const good = {
  at: "2026-01-31T12:00:00.123456Z",
  first: { id: 1, seen: null },
  more: [{ id: Number.MAX_SAFE_INTEGER, seen: "2026-01-31T12:00:00.000Z" }],
  both: { id: 2, seen: null, extra: '"\u2028</script>' },
  kind: "a",
  count: null,
  details: { a: { b: [1, null, "x"] }, c: null },
  nothing: [],
};

describe("an answer", () => {
  test("is written exactly as the handler made it", () => {
    expect(JSON.parse(serialize(good))).toEqual(good);
    expect(JSON.parse(serialize({ ...good, count: 0, both: { id: 2, seen: null } }))).toMatchObject({ count: 0 });
  });

  test.each<[string, object]>([
    ["a null that is not declared", { first: { id: null, seen: null } }],
    ["a fraction for an integer", { first: { id: 1.5, seen: null } }],
    ["a number as text", { count: "12" }],
    ["a Date instead of its text", { at: new Date() }],
    ["a time that is none", { at: "yesterday" }],
    ["a value outside the union", { kind: "c" }],
    ["a field that is not declared", { password_hash: "$argon2id$" }],
    ["a nested field that is not declared", { more: [{ id: 1, seen: null, token: "x" }] }],
    ["a field that no part of the intersection declares", { both: { id: 1, seen: null, token: "x" } }],
    ["a missing field", { kind: undefined }],
  ])("with %s does not leave the server", (_name, change) => {
    expect(() => serialize({ ...good, ...change })).toThrow(ResponseMismatch);
  });

  test("that does not match is named by its path, never by its value", () => {
    expect(() => serialize({ ...good, more: [{ id: 1, seen: "top secret" }] })).toThrow(/\/more\/0\/seen/);
    expect(() => serialize({ ...good, more: [{ id: 1, seen: "top secret" }] })).not.toThrow(/top secret/);
  });

  test("can be checked for every endpoint", () => {
    for (const endpoint of Object.values(ENDPOINTS)) expect(responseSerializer(endpoint.response)).toBeTypeOf("function");
  });
});
