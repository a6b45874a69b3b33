import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import { AGENT_BODY_BYTES_MAX, REST_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import {
  OSQUERY_PREFIXES,
  OsqueryEnrollRequest,
  OsqueryLogRequest,
  OsqueryNodeRequest,
  OsqueryWriteRequest,
} from "#protocol/osquery/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { HttpError } from "../../http/errors.ts";
import { bodyReader, parseJson, takeBodiesAsBytes, unpackBody } from "../json-body.ts";
import { type Admission, createAdmission } from "../admission.ts";
import { osqueryConfig } from "./config.ts";
import type { OsqueryDeps } from "./deps.ts";
import { enroll } from "./enroll.ts";
import { failureOf, NodeInvalidError } from "./failure.ts";
import { nodeKeyOf } from "./node-key-of.ts";
import { isNothingDue, readQueries } from "./read-queries.ts";
import { tailorQueries } from "./tailor-queries.ts";
import { type OsqueryMemories, osqueryMemories } from "./memories.ts";
import { type ScannedWrite, scanWrite } from "./scan-write.ts";
import { checkWrite } from "./check-write.ts";
import { takeLog } from "./take-log.ts";
import { type ReceivedWrite, takeResults } from "./take-results.ts";

/** Below the 16 s after which an agent gives up, with time left for the work itself. */
const WAIT_MS = 8000;
const WAITING_BYTES_MAX = 4 * AGENT_BODY_BYTES_MAX;

const SMALL = { bodyLimit: REST_BODY_BYTES_MAX };
const LARGE = { bodyLimit: AGENT_BODY_BYTES_MAX };

const readEnroll = bodyReader(OsqueryEnrollRequest, REST_BODY_BYTES_MAX);
const readNode = bodyReader(OsqueryNodeRequest, REST_BODY_BYTES_MAX);
const readLog = bodyReader(OsqueryLogRequest, AGENT_BODY_BYTES_MAX);

interface Context {
  deps: OsqueryDeps & OsqueryMemories;
  admission: Admission;
}

/**
 * osquery's TLS remote API, as unmodified agents speak it, at `/api/osquery/…` and `/api/v1/osquery/…`. Agents judge a reply by its
 * body alone, so every failure below these paths carries an `error` key and no success does (reference osquery-remote.md §1.1).
 *
 * @param memories common with {@link quickOsqueryCalls}, where those answer in front of it
 */
export function osqueryPlugin(deps: OsqueryDeps, memories: OsqueryMemories = osqueryMemories(deps)): FastifyPluginAsync {
  const context: Context = {
    deps: { ...deps, ...memories },
    admission: createAdmission({
      concurrency: Math.max(1, Math.floor(deps.poolSize / 2)),
      waitingBytesMax: WAITING_BYTES_MAX,
      waitMs: WAIT_MS,
    }),
  };
  const waiting = deps.metrics.gauge("muster_osquery_writes_waiting", "Distributed writes that wait for their turn.");
  deps.metrics.onCollect(() => waiting.set(context.admission.waiting()));
  return async (app) => {
    // agents send JSON as text, under no type at all, or compressed
    takeBodiesAsBytes(app);
    app.setErrorHandler((error, request, reply) => {
      const { status, body, retryAfterSeconds } = failureOf(error);
      if (status === 500) deps.log.error({ err: error, path: request.url }, "an osquery call failed");
      if (retryAfterSeconds !== null) void reply.header("retry-after", retryAfterSeconds);
      return reply.code(status).send(body);
    });
    for (const prefix of OSQUERY_PREFIXES) routes(app, prefix, context);
  };
}

function routes(app: FastifyInstance, prefix: string, context: Context): void {
  const { deps, admission } = context;
  app.post(`${prefix}/enroll`, SMALL, async (request) => {
    const { node_key } = await enroll(deps, await readEnroll(request.body), request.ip);
    return { node_key };
  });
  app.post(`${prefix}/config`, SMALL, async (request) => {
    await session(deps, request, await readNode(request.body));
    return osqueryConfig(prefix);
  });
  app.post(`${prefix}/log`, LARGE, async (request) => {
    const body = await readLog(request.body);
    takeLog(deps, (await session(deps, request, body)).host_id, body);
    return {};
  });
  app.post(`${prefix}/distributed/read`, SMALL, async (request) => {
    const body = await readNode(request.body);
    const node = await session(deps, request, body);
    if (isNothingDue(deps, node)) return {};
    // what memory has may be from before the report that another process just took
    const current = await session(deps, request, body, "now");
    const response = readQueries(deps, current);
    return current.tailored ? tailorQueries(deps.devices.db, current, response) : response;
  });
  app.post(`${prefix}/distributed/write`, LARGE, (request) =>
    admission.run(bytesOf(request.body), async () => {
      const body = await unpackBody(request.body, AGENT_BODY_BYTES_MAX);
      const write = receivedWrite(body, deps.scans.get(request.raw));
      await takeResults(deps, await session(deps, request, write.body, "now"), write, request.ip);
      return {};
    }),
  );
  app.post(`${prefix}/*`, SMALL, async () => {
    throw new HttpError(404, [{ name: "path", reason: "This server takes no file carves and hands out no YARA rules." }]);
  });
}

function bytesOf(body: unknown): number {
  return Buffer.isBuffer(body) ? body.length : 0;
}

/** @param before what was found in the same bytes already */
function receivedWrite(bytes: Buffer, before: ScannedWrite | undefined): ReceivedWrite {
  const whole = (): OsqueryWriteRequest => checkWrite(parseJson(bytes));
  const scanned = before ?? scanWrite(bytes);
  return { body: scanned === null ? whole() : checkWrite(scanned.rest), scanned, whole };
}

/**
 * Who calls: by the key in the body, or by the header of newer agents where the body has none. Notes that the host was seen.
 *
 * @param when `now`: as the database has it, for what writes or hands out work
 */
async function session(deps: OsqueryDeps, request: FastifyRequest, body: OsqueryNodeRequest, when?: "now"): Promise<NodeSession> {
  const key = nodeKeyOf(body, request.headers.authorization);
  const node = when === "now" ? await deps.sessions.read(key) : await deps.sessions.find(key);
  // a key of another kind of agent is none here: each agent holds its own
  if (node?.agent !== "osquery") throw new NodeInvalidError("The node key is unknown to this server; enroll again.");
  deps.seen.seen(node.host_id, { agent: node.agent });
  return node;
}
