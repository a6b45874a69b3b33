import type { FastifyInstance, InjectOptions } from "fastify";
import { accessRoutes } from "#server/access/routes.ts";
import { authenticateToken } from "#server/access/authenticate-token.ts";
import type { AccessDeps } from "#server/access/deps.ts";
import { createPasswords } from "#server/access/passwords.ts";
import { setupCode } from "#server/access/setup-code.ts";
import { activityRoutes } from "#server/activity/routes.ts";
import type { Database } from "#server/database/tables.ts";
import { buildApp } from "#server/http/app.ts";
import type { HttpConfig } from "#server/http/app.ts";
import type { Route } from "#server/http/route.ts";
import { createSessionCookie } from "#server/http/session-cookie.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";

export const ADMIN = { name: "Ada", email: "ada@example.org", password: "correct horse battery" };

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- each test asserts the shape it expects
  body: any;
  headers: Record<string, string | string[] | number | undefined>;
  /** The session cookie that was set, as `name=value`. */
  cookie: string | null;
}

export interface AccessApp {
  app: FastifyInstance;
  deps: AccessDeps;
  /** Everything that was logged, as text. */
  logged(): string;
  /** Moves the clock. */
  pass(milliseconds: number): void;
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, options?: CallOptions): Promise<Answer>;
  /** Makes the first administrator. @returns the token */
  setUp(): Promise<string>;
}

export interface CallOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
  from?: string;
}

const CONFIG: HttpConfig = { publicUrl: null, tlsCert: null, tlsKey: null };

/** The access and activity components as one HTTP server in this process, with a clock that tests move and a captured log. */
export async function accessApp(
  db: Database,
  options: { config?: Partial<HttpConfig>; routes?: (deps: AccessDeps) => Route[] } = {},
): Promise<AccessApp> {
  const config = { ...CONFIG, ...options.config };
  const lines: string[] = [];
  let time = Date.now();
  const log = createLog("debug", { write: (line: string) => void lines.push(line) });
  const deps: AccessDeps = {
    db,
    now: () => new Date(time),
    log,
    passwords: createPasswords(),
    cookie: createSessionCookie(config),
  };
  const routes = [...accessRoutes(deps), ...activityRoutes({ db }), ...(options.routes?.(deps) ?? [])];
  const authenticate = async (token: string) => authenticateToken(deps, token);
  const app = await buildApp({ routes, plugins: [], authenticate, config, log, metrics: createMetrics(), webRoot: null });
  const call: AccessApp["call"] = async (method, path, given = {}) => answer(app, method, path, given);
  return {
    app,
    deps,
    logged: () => lines.join(""),
    pass: (milliseconds) => void (time += milliseconds),
    call,
    async setUp() {
      const setup_code = await setupCode(deps);
      const { body } = await call("POST", "/setup", { body: { setup_code, ...ADMIN } });
      return body.token as string;
    },
  };
}

async function answer(app: FastifyInstance, method: InjectOptions["method"], path: string, given: CallOptions): Promise<Answer> {
  const authorization = given.token === undefined ? {} : { authorization: `Bearer ${given.token}` };
  const response = await app.inject({
    method: method ?? "GET",
    url: path.startsWith("/api") ? path : `/api/latest/fleet${path}`,
    headers: { ...authorization, ...given.headers },
    ...(given.from === undefined ? {} : { remoteAddress: given.from }),
    ...(given.body === undefined ? {} : { payload: given.body as object }),
  });
  const [cookie] = response.cookies;
  return {
    status: response.statusCode,
    body: response.headers["content-type"]?.toString().startsWith("application/json") === true ? response.json() : response.body,
    headers: response.headers,
    cookie: cookie === undefined || cookie.value === "" ? null : `${cookie.name}=${cookie.value}`,
  };
}
