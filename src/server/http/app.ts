import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createSecureContext } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import fastifyCompress from "@fastify/compress";
import fastifyCookie from "@fastify/cookie";
import fastifyHelmet from "@fastify/helmet";
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import { fastify, LogController } from "fastify";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { constants } from "node:zlib";
import { REST_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import { VERSION } from "#domain/core/version.ts";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { ConfigError } from "#server/config.ts";
import type { Config } from "#server/config.ts";
import type { Log } from "#server/observe/log.ts";
import type { Metrics } from "#server/observe/metrics.ts";
import type { Authenticate } from "./authentication.ts";
import { replyError } from "./error-reply.ts";
import { createFastLaneServer } from "./fast-lane.ts";
import type { FastCall } from "./fast-lane.ts";
import { observeRequests } from "./observe-requests.ts";
import { openApiDocument } from "./openapi.ts";
import { registerRoutes } from "./rest-routes.ts";
import type { Route } from "./route.ts";
import { createSessionCookie, isHttps } from "./session-cookie.ts";
import { serveWebUi } from "./web-ui.ts";

export type HttpConfig = Pick<Config, "publicUrl" | "tlsCert" | "tlsKey">;

export interface AppOptions {
  routes: readonly Route[];
  /** Agent protocols and health: registered side by side with the REST API, with their own limits and error answers. */
  plugins: readonly FastifyPluginAsync[];
  /** Calls that are answered before the application sees them. */
  fastCalls?: readonly FastCall[];
  authenticate: Authenticate;
  config: HttpConfig;
  log: Log;
  metrics: Metrics;
  /** Folder of the built web UI; null: none. */
  webRoot: string | null;
}

const REQUEST_TIMEOUT_MS = 120_000;

/**
 * Builds the whole HTTP server, ready to `listen()` or `inject()`: REST API, its description, web UI, and the given plugins.
 *
 * @throws {ConfigError} when the TLS certificate or key cannot be read or do not fit together
 */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const tls = readTls(options.config);
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "uuid" }),
    genReqId: () => randomUUID(),
    bodyLimit: REST_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 1024 },
    // a proxy on this machine may say whom it speaks for; anyone else could say anything
    trustProxy: "loopback",
    frameworkErrors: replyError,
    ...(tls === null ? {} : { https: tls }),
    serverFactory: (handler: RequestListener) =>
      createFastLaneServer(handler, options.fastCalls ?? [], {
        tls,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        metrics: options.metrics,
      }),
  } as Parameters<typeof fastify>[0]) as unknown as FastifyInstance;
  app.decorateRequest("caller", null);
  app.setErrorHandler(replyError);
  observeRequests(app, options.metrics);
  await app.register(async (scope) => registerOwnPages(scope, options));
  for (const plugin of options.plugins) await app.register(plugin);
  await app.ready();
  return app;
}

/** Everything that people and API clients see. Its hooks (headers, compression, cookies) do not touch the agents' calls. */
async function registerOwnPages(app: FastifyInstance, options: AppOptions): Promise<void> {
  await app.register(fastifyCookie);
  await app.register(fastifyHelmet, securityHeaders(isHttps(options.config)));
  await app.register(fastifyCompress, {
    globalDecompression: false,
    threshold: 1024,
    encodings: ["br", "gzip"],
    // the highest quality, which is the default, takes seconds for what this one does in milliseconds
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
  acceptJsonOnly(app);
  const cookie = createSessionCookie(options.config);
  registerRoutes(app, options.routes, { authenticate: options.authenticate, cookie, publicUrl: options.config.publicUrl });
  await registerDescription(app);
  await serveWebUi(app, options.webRoot);
}

/** Bodies are JSON. An empty one counts as none: many clients send the header on every call. */
function acceptJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body, done);
  });
}

async function registerDescription(app: FastifyInstance): Promise<void> {
  const document = openApiDocument(ENDPOINTS, VERSION);
  await app.register(fastifySwagger, { mode: "static", specification: { document: document as never } });
  await app.register(async (scope) => {
    scope.addHook("onSend", async (_request, reply) => {
      const strict = reply.getHeader("content-security-policy");
      if (typeof strict === "string") reply.header("content-security-policy", allowInlineLooks(strict));
    });
    await scope.register(fastifySwaggerUi, {
      routePrefix: "/api/docs",
      uiConfig: { deepLinking: true, docExpansion: "list", layout: "BaseLayout" },
    });
  });
}

/** The API page sets styles and pictures inline; scripts stay as strict as everywhere. */
function allowInlineLooks(policy: string): string {
  return policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace("img-src 'self'", "img-src 'self' data:");
}

/** Nothing but our own files runs in the page, and nothing inline even for looks. */
function securityHeaders(https: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: "deny" as const },
    referrerPolicy: { policy: "same-origin" as const },
    hsts: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginOpenerPolicy: https,
    originAgentCluster: https,
  };
}

/** Reads the certificate and its key; null: HTTP. @throws {ConfigError} when they cannot be read or do not fit together */
export function readTls({ tlsCert, tlsKey }: HttpConfig): SecureContextOptions | null {
  if (tlsCert === null || tlsKey === null) return null;
  try {
    const pair = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey), minVersion: "TLSv1.2" as const };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`MUSTER_TLS_CERT and MUSTER_TLS_KEY must be PEM files of one certificate and its key: ${reason}.`);
  }
}
