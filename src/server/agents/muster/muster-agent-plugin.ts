import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { AGENT_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import * as messages from "#protocol/agent/messages.ts";
import type { NodeSession } from "../../devices/authenticate-node.ts";
import { enrollHost } from "../../devices/enroll-host.ts";
import { HOST_CHANNEL, refetchSourcesArrived } from "../../devices/request-refetch.ts";
import { RepeatedDetails } from "../../devices/repeated-details.ts";
import { updateHostDetails } from "../../devices/update-host-details.ts";
import { errorBody } from "../../http/error-reply.ts";
import { HttpError } from "../../http/errors.ts";
import { ingestReport } from "../../inventory/ingest-report.ts";
import { HostGoneError } from "../../inventory/link-host.ts";
import { hostCollection } from "../../settings/collection-settings.ts";
import { createAdmission } from "../admission.ts";
import type { Admission } from "../admission.ts";
import { bodyReader, takeBodiesAsBytes } from "../json-body.ts";
import { convertInventory } from "./convert-rows.ts";
import type { MusterAgentDeps } from "./deps.ts";
import { PollHub } from "./poll-hub.ts";
import { checkinDigest, nodeKeyOf } from "./quick-calls.ts";
import { takeCheckin } from "./take-checkin.ts";

/** Everything but an inventory is short. */
const SMALL_BODY_BYTES_MAX = 512 * 1024;

const readEnroll = bodyReader(messages.EnrollRequest, SMALL_BODY_BYTES_MAX);
const readCheckin = bodyReader(messages.CheckinRequest, SMALL_BODY_BYTES_MAX);
const readPoll = bodyReader(messages.PollRequest, SMALL_BODY_BYTES_MAX);
const readInventory = bodyReader(messages.InventoryRequest, AGENT_BODY_BYTES_MAX);

/** Inventories beyond this wait, in all; one is always let in. */
const WAITING_BYTES_MAX = 4 * AGENT_BODY_BYTES_MAX;
/** Well below the three minutes after which an agent gives up. */
const WAIT_MS = 60_000;

/** The key is unknown: the agent forgets it and enrols again. */
class NodeInvalidError extends HttpError {
  constructor() {
    super(401, [{ name: "node_key", reason: "This server does not know the node key: enrol again." }]);
  }
}

/** An authenticated call, and the moment from which on signals concern it. */
interface NodeCall {
  session: NodeSession;
  mark: number;
}

type PluginDeps = MusterAgentDeps & { repeatedDetails: RepeatedDetails };

/** The protocol of Muster's own agent (protocol/agent/messages.ts) at {@link messages.AGENT_PREFIX}. */
export function musterAgentPlugin(deps: MusterAgentDeps): FastifyPluginAsync {
  return async (root) => {
    const hub = new PollHub(deps.signals, HOST_CHANNEL);
    // before the server waits for calls to end: held ones would keep it for a minute
    root.addHook("preClose", async () => hub.close());
    const held = deps.devices.metrics.gauge("muster_agent_polls_held", "Polls of Muster's agents that are held open now.");
    deps.devices.metrics.onCollect(() => held.set(hub.held));
    // a fleet that starts at once must leave connections for polls and for people
    const concurrency = Math.max(1, Math.floor(deps.poolSize / 4));
    const admission = createAdmission({ concurrency, waitingBytesMax: WAITING_BYTES_MAX, waitMs: WAIT_MS });
    const own = { ...deps, repeatedDetails: new RepeatedDetails() };
    await root.register(async (app) => registerCalls(app, own, hub, admission), { prefix: messages.AGENT_PREFIX });
  };
}

function registerCalls(app: FastifyInstance, deps: PluginDeps, hub: PollHub, admission: Admission): void {
  takeBodiesAsBytes(app);
  app.setErrorHandler(replyNodeInvalid);
  const calls = new WeakMap<FastifyRequest, NodeCall>();
  // before the body is read: what nobody vouches for costs no memory
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    const mark = hub.mark();
    calls.set(request, { session: await authenticate(deps, request.headers.authorization, "now"), mark });
  };
  const onPoll = async (request: FastifyRequest): Promise<void> => {
    const mark = hub.mark();
    const { authorization } = request.headers;
    // what would end a poll's wait drops the session from memory; that something is wanted may be over by now
    const kept = await authenticate(deps, authorization);
    calls.set(request, { session: kept.refetch_requested ? await authenticate(deps, authorization, "now") : kept, mark });
  };
  const small = { method: "POST", bodyLimit: SMALL_BODY_BYTES_MAX } as const;
  app.route({ ...small, url: "/enroll", handler: (request) => enroll(deps, request) });
  app.route({
    ...small,
    url: "/checkin",
    onRequest,
    handler: async (request) => checkIn(deps, callOf(calls, request).session, request),
  });
  app.route({
    method: "POST",
    url: "/inventory",
    onRequest,
    bodyLimit: AGENT_BODY_BYTES_MAX,
    handler: (request) =>
      admission.run(Buffer.isBuffer(request.body) ? request.body.length : 0, async () =>
        takeInventory(deps, callOf(calls, request).session, await readInventory(request.body)),
      ),
  });
  app.route({
    ...small,
    url: "/collection",
    onRequest,
    handler: async (request): Promise<messages.CollectionResponse> =>
      hostCollection(deps.devices.db, callOf(calls, request).session.host_id),
  });
  app.route({
    ...small,
    url: "/poll",
    onRequest: onPoll,
    handler: async (request, reply) =>
      answerPoll(deps, hub, callOf(calls, request), await readPoll(request.body), request, reply),
  });
}

function callOf(calls: WeakMap<FastifyRequest, NodeCall>, request: FastifyRequest): NodeCall {
  const call = calls.get(request);
  if (call === undefined) throw new Error("the call was not authenticated");
  return call;
}

/**
 * Who calls; a key of another kind of agent is none here. Notes that the host was seen.
 *
 * @param when `now`: as the database has it
 */
async function authenticate(deps: MusterAgentDeps, authorization: string | undefined, when?: "now"): Promise<NodeSession> {
  const nodeKey = nodeKeyOf(authorization);
  const session = when === "now" ? await deps.sessions.read(nodeKey) : await deps.sessions.find(nodeKey);
  if (session?.agent !== "muster") throw new NodeInvalidError();
  deps.seen.seen(session.host_id, { agent: session.agent });
  return session;
}

/** Takes a check-in; one that was the whole report, and may come again as it is, is remembered. */
async function checkIn(deps: PluginDeps, session: NodeSession, request: FastifyRequest): Promise<messages.CheckinResponse> {
  const body = await readCheckin(request.body);
  const mark = deps.reports.mark();
  const answer = await takeCheckin(deps, session, body, request.ip);
  const isWhole = answer.wanted.length === 0 && body.failures.length === 0 && body.host_details === undefined;
  if (isWhole && !session.refetch_requested && body.agent_version === session.agent_version && Buffer.isBuffer(request.body)) {
    const digest = checkinDigest(request.body);
    const { software_sequence: sequence } = session;
    deps.reports.remember(session, { digest, sequence, rows: 0, answer: JSON.stringify(answer) }, mark);
  }
  return answer;
}

async function enroll(deps: MusterAgentDeps, request: FastifyRequest): Promise<messages.EnrollResponse> {
  const body = await readEnroll(request.body);
  const { uuid, hardware_serial, hostname, platform } = body.host_details;
  const enrolled = await enrollHost(deps.devices, {
    agent: "muster",
    enroll_secret: body.enroll_secret,
    identifier: body.host_identifier,
    hardware: { uuid, hardware_serial, hostname, instance_id: body.instance_id ?? "" },
    agent_version: body.agent_version,
    platform,
    public_ip: request.ip,
  });
  await updateHostDetails(deps.devices, enrolled.host_id, { ...body.host_details, public_ip: request.ip });
  return enrolled;
}

async function takeInventory(
  deps: MusterAgentDeps,
  session: NodeSession,
  body: messages.InventoryRequest,
): Promise<messages.InventoryResponse> {
  await ingestReport(deps.ingest, session.host_id, convertInventory(body));
  deps.seen.seen(session.host_id, { reported: true, agent: session.agent });
  deps.sessions.reported(session, deps.devices.now());
  await refetchSourcesArrived(
    deps.devices,
    session,
    body.sources.map((s) => s.source),
  );
  return {};
}

/**
 * Answers at once when a refetch is wanted, else when the host is signalled, the wait is over, or the server stops. A held poll costs no
 * database work, and other collection settings do not end it: its answer names those of its end, a minute later at most.
 */
async function answerPoll(
  deps: MusterAgentDeps,
  hub: PollHub,
  { session, mark }: NodeCall,
  { wait_seconds }: messages.PollRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<messages.PollResponse> {
  if (session.refetch_requested) return pollAnswer(session);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  reply.raw.once("close", abort);
  const woken = await hub.wait(session.host_id, mark, wait_seconds * 1000, gone.signal);
  reply.raw.off("close", abort);
  if (woken) return pollAnswer(await authenticate(deps, request.headers.authorization, "now"));
  // an answered connection would be kept open for the next call, and the server with it
  if (hub.closed) void reply.header("connection", "close");
  // nobody reads it
  if (gone.signal.aborted) return { refetch: false };
  const { collection_etag } = await authenticate(deps, request.headers.authorization);
  return { refetch: false, collection_etag };
}

function pollAnswer({ refetch_requested, collection_etag }: NodeSession): messages.PollResponse {
  return { refetch: refetch_requested, collection_etag };
}

/** Adds what makes an agent enrol again; every other error is the application's to answer. */
function replyNodeInvalid(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = error instanceof HostGoneError ? new NodeInvalidError() : error;
  if (!(refusal instanceof NodeInvalidError)) throw error;
  return reply.code(401).send({ ...errorBody(401, refusal, request.id), node_invalid: true });
}
