import type { FastifyPluginAsync } from "fastify";
import type { Pool } from "pg";
import type { Metrics } from "./metrics.ts";

const READY_TIMEOUT_MS = 2000;

/**
 * `GET /healthz`: 200 while the process answers at all (restart it when not). `GET /readyz`: 200 while it can serve, that is, the
 * database answers within two seconds and it is not stopping; else 503 (send requests elsewhere). `GET /metrics`: Prometheus' text.
 * None of them needs a token or shows a secret; a proxy may keep them from the outside.
 */
export function healthPlugin(deps: { pool: Pool; metrics: Metrics }): FastifyPluginAsync {
  return async (app) => {
    let stopping = false;
    app.addHook("preClose", async () => {
      stopping = true;
    });
    app.get("/healthz", async () => ({ status: "ok" }));
    app.get("/readyz", async (_request, reply) => {
      const problem = stopping ? "stopping" : await databaseProblem(deps.pool);
      return problem === null ? { status: "ok" } : reply.code(503).send({ status: problem });
    });
    app.get("/metrics", async (_request, reply) => {
      const text = await deps.metrics.text();
      return reply.type(deps.metrics.contentType).send(text);
    });
  };
}

async function databaseProblem(pool: Pool): Promise<string | null> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("the database does not answer in time"), READY_TIMEOUT_MS);
  const asked = pool.query("SELECT 1").then(
    () => null,
    () => "the database cannot be reached",
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
