import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnyEndpoint } from "#protocol/endpoint.ts";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

const PREFIXES = ["/api/v1/fleet", "/api/latest/fleet"];
const endpoints = Object.entries(ENDPOINTS);
const guarded = endpoints.filter(([, endpoint]) => endpoint.permission !== "public");

let server: TestServer;

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.stop());

async function call(endpoint: AnyEndpoint, headers: Record<string, string>): Promise<{ status: number; body: unknown }> {
  const path = endpoint.path.replaceAll(/:\w+/g, "1");
  const response = await fetch(`${server.url}${PREFIXES[0]}${path}`, { method: endpoint.method, headers });
  const text = await response.text();
  // files (exports) are no JSON; refusals always are
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text };
}

describe("every endpoint of the protocol", () => {
  test("is served, by exactly one route", () => {
    const served = server.composition.routes.map(({ endpoint }) => endpoint);
    expect(new Set(served).size).toBe(served.length);
    const missing = endpoints.filter(([, endpoint]) => !served.includes(endpoint)).map(([name]) => name);
    expect(missing).toEqual([]);
    expect(served.length).toBe(endpoints.length);
  });

  test.each(endpoints)("%s: answers under both prefixes", (_name, endpoint) => {
    for (const prefix of PREFIXES) {
      expect(server.app.hasRoute({ method: endpoint.method, url: `${prefix}${endpoint.path}` })).toBe(true);
    }
  });

  test.each(guarded)("%s: without a token answers 401 in the documented shape", async (_name, endpoint) => {
    const { status, body } = await call(endpoint, {});
    expect(status).toBe(401);
    expect(body).toMatchObject({ message: "Authentication required", errors: [{ name: "base" }] });
    expect(JSON.stringify(body)).not.toMatch(/\.ts|node:|at \w+ \(/);
  });

  test.each(guarded)("%s: a token that nobody has answers 401", async (_name, endpoint) => {
    const { status } = await call(endpoint, { authorization: "Bearer nobody-has-this-token" });
    expect(status).toBe(401);
  });
});

describe("an administrator's token", () => {
  // reading only: a change could end the very token
  const reading = guarded.filter(([, endpoint]) => endpoint.method === "GET");
  test.each(reading)("%s: is accepted", async (_name, endpoint) => {
    const { status } = await call(endpoint, { authorization: `Bearer ${server.token}` });
    expect([401, 403, 500]).not.toContain(status);
  });
});

describe("health", () => {
  test("alive, ready and measured, without a token", async () => {
    const health = await fetch(`${server.url}/healthz`);
    expect(await health.json()).toEqual({ status: "ok" });
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(200);
    const metrics = await fetch(`${server.url}/metrics`);
    expect(await metrics.text()).toContain("# TYPE muster_");
  });
});
