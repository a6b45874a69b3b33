import { expect, test } from "vitest";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { api } from "./api.ts";

test("the bare list of endpoints is the protocol's", () => {
  const declared = Object.entries(ENDPOINTS).map(([name, e]) => [name, { method: e.method, path: e.path }]);
  expect(api).toEqual(Object.fromEntries(declared));
});
