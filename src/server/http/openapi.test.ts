import { expect, test } from "vitest";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { openApiDocument } from "./openapi.ts";

const document = openApiDocument(ENDPOINTS, "1.2.3");
const operations = Object.values(document.paths).flatMap((path) => Object.values(path)) as Record<string, unknown>[];

test("every endpoint is an operation of its own name, with its permission and errors", () => {
  expect(new Set(operations.map((operation) => operation["operationId"]))).toEqual(new Set(Object.keys(ENDPOINTS)));
  expect(operations.length).toBe(Object.keys(ENDPOINTS).length);
  for (const operation of operations) {
    const { permission } = ENDPOINTS[operation["operationId"] as string] ?? {};
    expect(operation["x-permission"]).toBe(permission);
    const statuses = Object.keys(operation["responses"] as object);
    expect(statuses).toEqual(expect.arrayContaining(permission === "public" ? ["400"] : ["400", "401", "403"]));
  }
});

test("every reference leads somewhere, and nothing keeps an $id", () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(references.length).toBeGreaterThan(50);
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...new Set(references)]));
  expect(text).not.toContain('"$id"');
});

test("path parameters are required and in braces; accepted ones are marked", () => {
  const path = document.paths["/users/{id}"] as { get: { parameters: unknown[] } };
  expect(path.get.parameters).toContainEqual(expect.objectContaining({ name: "id", in: "path", required: true }));
  const hosts = document.paths["/hosts"] as { get: { parameters: unknown[] } };
  expect(hosts.get.parameters).toContainEqual(expect.objectContaining({ name: "team_id", in: "query", deprecated: true }));
});

test("the same endpoints give the same text", () => {
  expect(JSON.stringify(openApiDocument(ENDPOINTS, "1.2.3"))).toBe(JSON.stringify(document));
});
