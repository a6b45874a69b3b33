import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, FastifyPluginAsync, InjectOptions } from "fastify";
import { Type } from "typebox";
import { afterEach, describe, expect, test } from "vitest";
import { VERSION } from "#domain/core/version.ts";
import { endpoint } from "#protocol/endpoint.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { buildApp } from "./app.ts";
import type { AppOptions } from "./app.ts";
import { notFound } from "./errors.ts";
import { route } from "./route.ts";
import type { Caller, Route } from "./route.ts";

const about = { tag: "T", summary: "S", description: "D" } as const;
const Thing = Type.Object({ name: Type.String() }, { additionalProperties: false });
const open = endpoint({ ...about, method: "GET", path: "/open", permission: "public", response: Thing });
const read = endpoint({ ...about, method: "GET", path: "/things", permission: "host:read", response: Thing });
const write = endpoint({ ...about, method: "POST", path: "/things", permission: "host:write", body: Thing, response: Thing });
const remove = endpoint({
  ...about,
  method: "DELETE",
  path: "/things",
  permission: "host:write",
  status: 204,
  response: Type.Object({}),
});
const long = endpoint({ ...about, method: "GET", path: "/long", permission: "public", response: Thing });
const wrong = endpoint({ ...about, method: "GET", path: "/wrong", permission: "public", response: Thing });

const ROUTES: Route[] = [
  route(open, async () => ({ name: "open" })),
  route(read, async ({ caller }) => ({ name: caller?.name ?? "nobody" })),
  route(write, async ({ body }) => body),
  route(remove, async () => ({})),
  route(long, async () => ({ name: "x".repeat(5000) })),
  route(wrong, async () => ({ name: "a", secret: "never to be seen" })),
];
const ADA: Caller = { user_id: 1, session_id: 1, name: "Ada", email: "ada@example.org", api_only: false, global_role: "admin" };
const PEOPLE: Record<string, Caller> = { ada: ADA, eve: { ...ADA, name: "Eve", global_role: null } };

let apps: FastifyInstance[] = [];
let folders: string[] = [];
let logged: string[] = [];
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  [apps, folders, logged] = [[], [], []];
});

async function makeApp(options: Partial<AppOptions> = {}): Promise<FastifyInstance> {
  const app = await buildApp({
    routes: ROUTES,
    plugins: [],
    authenticate: async (token) => PEOPLE[token] ?? null,
    config: { publicUrl: null, tlsCert: null, tlsKey: null },
    log: createLog("debug", { write: (line: string) => void logged.push(line) }),
    metrics: createMetrics(),
    webRoot: null,
    ...options,
  });
  apps.push(app);
  return app;
}

async function call(app: FastifyInstance, request: InjectOptions & { url: string }) {
  const url = request.url.startsWith("/api") ? request.url : `/api/v1/fleet${request.url}`;
  const answer = await app.inject({ ...request, url });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body === "" ? null : answer.json<unknown>() };
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "muster-http-"));
  folders.push(folder);
  return folder;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const refusal = (message: string) => ({
  message,
  errors: [{ name: expect.any(String), reason: expect.stringMatching(/\.$/) }],
  uuid: expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/),
});

describe("who calls", () => {
  test("is told by a bearer token; without a good one the answer is 401", async () => {
    const app = await makeApp();
    expect((await call(app, { url: "/open" })).body).toEqual({ name: "open" });
    expect((await call(app, { url: "/things", headers: bearer("ada") })).body).toEqual({ name: "Ada" });
    const lower = await call(app, { url: "/api/latest/fleet/things", headers: { authorization: "bearer ada" } });
    expect([lower.status, lower.headers["cache-control"]]).toEqual([200, "no-store"]);
    const bad = [
      "",
      "Bearer",
      "Bearer ",
      "Bearer nobody",
      "Basic YWRhOmFkYQ==",
      "ada",
      `Bearer ${"a".repeat(600)}`,
      "Bearer ada x",
    ];
    for (const authorization of bad) {
      const answer = await call(app, { url: "/things", headers: { authorization } });
      expect({ authorization, ...answer }).toMatchObject({
        authorization,
        status: 401,
        body: refusal("Authentication required"),
      });
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    expect((await call(app, { url: "/things" })).status).toBe(401);
  });

  test("without the permission gets 403", async () => {
    const app = await makeApp();
    expect(await call(app, { url: "/things", headers: bearer("eve") })).toMatchObject({
      status: 403,
      body: refusal("Forbidden"),
    });
  });

  test("is asked before the input is read", async () => {
    const app = await makeApp();
    expect((await call(app, { url: "/things?nonsense=1" })).status).toBe(401);
    expect((await call(app, { method: "POST", url: "/things", payload: "x".repeat(2_000_000) })).status).toBe(401);
  });
});

describe("a session cookie", () => {
  const cookie = "muster_session=ada";
  const change = { method: "POST", url: "/things", payload: { name: "x" } } as const;

  test("reads, and changes only together with the client's header and our own origin", async () => {
    const app = await makeApp();
    expect((await call(app, { url: "/things", headers: { cookie } })).status).toBe(200);
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await call(app, { ...change, headers: { cookie, ...headers } })).status;
    expect(await statusWith({})).toBe(403);
    expect(await statusWith({ "x-muster-client": "1" })).toBe(200);
    expect(await statusWith({ "x-muster-client": "1", host: "muster.local:8080", origin: "http://muster.local:8080" })).toBe(200);
    expect(await statusWith({ "x-muster-client": "1", host: "muster.local", origin: "https://evil.example" })).toBe(403);
    expect(await statusWith({ "x-muster-client": "1", origin: "null" })).toBe(403);
    expect((await call(app, { ...change, headers: bearer("ada") })).status).toBe(200);
  });

  test("knows its public origin behind a proxy, where it is bound to the host and to HTTPS", async () => {
    const app = await makeApp({ config: { publicUrl: "https://muster.example.org", tlsCert: null, tlsKey: null } });
    const headers = { cookie: "__Host-muster_session=ada", "x-muster-client": "1", host: "10.0.0.5:8080" };
    expect((await call(app, { ...change, headers: { ...headers, origin: "https://muster.example.org" } })).status).toBe(200);
    expect((await call(app, { url: "/things", headers: { cookie } })).status).toBe(401);
    const page = await app.inject("/");
    expect(page.headers["strict-transport-security"]).toContain("max-age=31536000");
  });

  test("does not help a wrong token", async () => {
    const app = await makeApp();
    expect((await call(app, { url: "/things", headers: { cookie, ...bearer("nobody") } })).status).toBe(401);
  });
});

describe("errors", () => {
  test("of every kind have the documented shape", async () => {
    const app = await makeApp();
    const headers = { ...bearer("ada"), "content-type": "application/json" };
    const post = async (payload: string, type = "application/json") =>
      call(app, { method: "POST", url: "/things", payload, headers: { ...headers, "content-type": type } });
    expect(await post('{"name')).toMatchObject({ status: 400, body: refusal("Bad request") });
    expect(await post('{"name":"x","__proto__":{"a":1}}')).toMatchObject({ status: 400 });
    expect(await post("{}")).toMatchObject({ status: 422, body: refusal("Validation Failed") });
    expect(await post("")).toMatchObject({ status: 422 });
    expect(await post(`{"name":"${"x".repeat(1_048_576)}"}`)).toMatchObject({
      status: 413,
      body: refusal("Request body too large"),
    });
    expect(await post("name=x", "application/x-www-form-urlencoded")).toMatchObject({
      status: 415,
      body: refusal("Unsupported media type"),
    });
    expect(await post('{"name":"x"}', "text/plain")).toMatchObject({ status: 415 });
    expect(await call(app, { url: "/api/nothing" })).toMatchObject({ status: 404, body: refusal("Resource Not Found") });
    expect(await call(app, { url: "/nothing" })).toMatchObject({ status: 404 });
    expect(await call(app, { method: "PUT", url: "/things", headers: bearer("ada") })).toMatchObject({ status: 404 });
    expect(await call(app, { url: "/%zz" })).toMatchObject({ status: 400, body: refusal("Bad request") });
  });

  test("of a database that is away say when to try again", async () => {
    const away = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
    const app = await makeApp({ authenticate: async () => Promise.reject(away) });
    const answer = await call(app, { url: "/things", headers: bearer("ada") });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" }, body: refusal("Service Unavailable") });
    expect(JSON.stringify(answer.body)).not.toContain("127.0.0.1");
    expect(logged.join("")).toContain("ECONNREFUSED");
  });

  test("of the server tell a uuid, and the log the rest", async () => {
    const app = await makeApp();
    const { status, body } = await call(app, { url: "/wrong" });
    expect(status).toBe(500);
    expect(body).toEqual({
      message: "Internal Server Error",
      errors: [{ name: "base", reason: "Internal Server Error" }],
      uuid: expect.any(String),
    });
    const line = logged.find((one) => one.includes((body as { uuid: string }).uuid) && one.includes('"level":"error"'));
    expect(line).toContain("/secret");
    expect(logged.join("")).not.toContain("never to be seen");
  });

  test("thrown by plugins are answered alike, unless they answer themselves", async () => {
    const own: FastifyPluginAsync = async (scope) => {
      scope.setErrorHandler((_error, _request, reply) => reply.code(401).send({ node_invalid: true }));
      scope.get("/api/own", async () => Promise.reject(notFound("x", "y.")));
    };
    const plain: FastifyPluginAsync = async (scope) => {
      scope.route({
        method: "POST",
        url: "/api/plain",
        bodyLimit: 4_000_000,
        handler: async (request) => ({ got: (request.body as { name: string }).name.length }),
      });
      scope.get("/api/plain", async () => Promise.reject(notFound("id", "There is none.")));
    };
    const app = await makeApp({ plugins: [own, plain] });
    expect((await call(app, { url: "/api/own" })).body).toEqual({ node_invalid: true });
    expect(await call(app, { url: "/api/plain" })).toMatchObject({ status: 404, body: refusal("Resource Not Found") });
    const big = await call(app, { method: "POST", url: "/api/plain", payload: { name: "x".repeat(3_000_000) } });
    expect(big.body).toEqual({ got: 3_000_000 });
    // what agents get all day carries none of the browser's headers
    expect(big.headers).not.toHaveProperty("content-security-policy");
  });
});

describe("answers", () => {
  test("are compressed when they are long and the client can", async () => {
    const app = await makeApp();
    const headers = { "accept-encoding": "gzip, br" };
    const answer = await app.inject({ url: "/api/v1/fleet/long", headers });
    expect(answer.headers["content-encoding"]).toBe("br");
    expect(answer.rawPayload.length).toBeLessThan(500);
    expect((await app.inject({ url: "/api/v1/fleet/open", headers })).headers).not.toHaveProperty("content-encoding");
  });

  test("without content have none", async () => {
    const app = await makeApp();
    expect(await call(app, { method: "DELETE", url: "/things", headers: bearer("ada") })).toMatchObject({
      status: 204,
      body: null,
    });
  });

  test("are counted by route and status, not by address", async () => {
    const metrics = createMetrics();
    const app = await makeApp({ metrics });
    await call(app, { url: "/open" });
    await call(app, { url: "/api/latest/fleet/open" });
    await call(app, { url: "/something-secret" });
    const text = await metrics.text();
    expect(text).toContain('muster_http_request_seconds_count{method="GET",route="/open",status="200"} 2');
    expect(text).toContain('muster_http_request_seconds_count{method="GET",route="unknown",status="404"} 1');
    expect(text + logged.join("")).not.toContain("something-secret");
  });
});

describe("the web UI", () => {
  async function makeUi(): Promise<string> {
    const folder = await makeFolder();
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), "<title>Muster</title>");
    await writeFile(join(folder, "assets", "app-1a2b.js"), `/* ${"x".repeat(5000)} */`);
    await writeFile(join(folder, "theme.js"), "void 0;");
    return folder;
  }

  test("is one page at every address that is no file and no API, never cached", async () => {
    const app = await makeApp({ webRoot: await makeUi() });
    for (const url of ["/", "/hosts/12?tab=software", "/setup?code=secret-code", "/devices/add"]) {
      const page = await app.inject(url);
      expect([url, page.statusCode, page.body]).toEqual([url, 200, "<title>Muster</title>"]);
      expect(page.headers["cache-control"]).toBe("no-cache");
      expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(page.headers["content-security-policy"]).toContain("script-src 'self';");
      expect(page.headers["x-frame-options"]).toBe("DENY");
      expect(page.headers["x-content-type-options"]).toBe("nosniff");
    }
    const dotted = await app.inject({ url: "/hosts/mac.local", headers: { accept: "text/html,*/*" } });
    expect(dotted.statusCode).toBe(200);
    expect(logged.join("")).not.toContain("secret-code");
  });

  test("has files: hashed ones kept for good, compressed; unknown ones 404", async () => {
    const app = await makeApp({ webRoot: await makeUi() });
    const script = await app.inject({ url: "/assets/app-1a2b.js", headers: { "accept-encoding": "br" } });
    expect(script.statusCode).toBe(200);
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(script.headers["content-encoding"]).toBe("br");
    expect((await app.inject("/theme.js")).headers["cache-control"]).toBe("no-cache");
    for (const url of ["/assets/app-old.js", "/favicon.ico", "/../package.json", "/..%2fpackage.json", "/%2e%2e/package.json"]) {
      const { statusCode } = await app.inject(url);
      expect([url, statusCode >= 400]).toEqual([url, true]);
    }
    expect((await app.inject({ method: "POST", url: "/" })).statusCode).toBe(404);
  });

  test("says how to build it when it was not", async () => {
    for (const webRoot of [null, join(tmpdir(), "muster-no-such-folder")]) {
      const app = await makeApp({ webRoot });
      const page = await app.inject("/");
      expect([page.statusCode, page.headers["content-type"]]).toEqual([404, "text/plain; charset=utf-8"]);
      expect(page.body).toContain("npm run build");
    }
  });
});

describe("the API's description", () => {
  test("is served as a page and as a document", async () => {
    const app = await makeApp();
    expect((await app.inject("/api/docs")).body).toContain("swagger-ui");
    expect((await app.inject("/api/docs/static/swagger-ui-bundle.js")).statusCode).toBe(200);
    const document = (await app.inject("/api/docs/json")).json<{ openapi: string; info: { version: string } }>();
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: VERSION } });
  });

  test("has the version of the package", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(VERSION).toBe(manifest.version);
  });
});

describe("TLS", () => {
  test("needs files that fit, and says so", async () => {
    const folder = await makeFolder();
    const [tlsCert, tlsKey] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await expect(makeApp({ config: { publicUrl: null, tlsCert, tlsKey } })).rejects.toThrow(
      /^MUSTER_TLS_CERT and MUSTER_TLS_KEY .*cert\.pem/,
    );
    await writeFile(tlsCert, "no certificate");
    await writeFile(tlsKey, "no key");
    await expect(makeApp({ config: { publicUrl: null, tlsCert, tlsKey } })).rejects.toThrow(/must be PEM files/);
  });
});
