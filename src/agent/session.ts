import { derivationVersion } from "#domain/software/derivation/derivations.ts";
import type { CheckinRequest, HostDetails, SoftwareRow } from "#protocol/agent/messages.ts";
import type { FollowedSettings } from "./collection/follow-settings.ts";
import type { Device } from "./device.ts";
import { hostDetailsKey } from "./host/details-key.ts";
import type { Inventory } from "./inventory.ts";
import type { ServerCalls } from "./protocol.ts";
import { readInstanceId, readEnrolment, removeEnrolment, writeEnrolment } from "./state/enrolment.ts";
import type { AgentLog } from "./system/log.ts";
import { CallError } from "./transport.ts";

/** Most rows in one inventory call; a larger source goes alone. Bounds the memory of one body here and there. */
const ROWS_PER_CALL = 20_000;

/** The agent cannot go on by itself; the message is a sentence with the remedy. */
export class AgentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AgentError";
  }
}

export interface SessionDeps {
  server: string;
  enrollSecret: string | null;
  stateDir: string;
  agentVersion: string;
  device: Device;
  inventory: Inventory;
  settings: FollowedSettings;
  calls: ServerCalls;
  log: AgentLog;
}

/** What this device and its server have agreed on: the key, and what the server is known to hold. */
export class Session {
  readonly #deps: SessionDeps;
  #nodeKey: string | null = null;
  #provenKey: string | null = null;
  #keyProven: () => void = () => {};
  #sentDetails: string | null = null;
  #acknowledged = new Map<string, string>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * Waits for a key that the server has accepted a report with and that is not `refused`; null when the signal aborts. Polls
   * start only then: until the first report is in, a poll would but ask for it.
   */
  async provenKeyOtherThan(refused: string | null, signal: AbortSignal): Promise<string | null> {
    while (!signal.aborted) {
      if (this.#provenKey !== null && this.#provenKey !== refused) return this.#provenKey;
      await new Promise<void>((resolve) => {
        this.#keyProven = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return null;
  }

  /** Reads the stored key. @throws AgentError when there is neither a key nor a secret to get one with. */
  async open(): Promise<void> {
    const stored = await readEnrolment(this.#deps, this.#deps.server);
    this.#nodeKey = stored?.node_key ?? null;
    if (stored !== null || this.#deps.enrollSecret !== null) return;
    throw new AgentError(
      `This device is not enrolled with ${this.#deps.server}: give an enroll secret with --enroll-secret, --enroll-secret-file or MUSTER_ENROLL_SECRET.`,
    );
  }

  /** True when a source's present state differs from what the server last acknowledged. */
  hasNews(): boolean {
    return this.#deps.inventory
      .states()
      .some(({ source, digest, failure }) => this.#acknowledged.get(source) !== (digest ?? failure));
  }

  /**
   * Brings the server up to date: enrols if need be, sends digests, then the rows the server wants.
   * @returns the seconds until the next report that the server asks for
   * @throws CallError, AgentError
   */
  async report(signal: AbortSignal): Promise<number> {
    const details = await this.#deps.device.hostDetails();
    const nodeKey = this.#nodeKey ?? (await this.#enroll(details, signal));
    const detailsKey = hostDetailsKey(details);
    const states = this.#deps.inventory.states();
    const request: CheckinRequest = {
      agent_version: this.#deps.agentVersion,
      ...(detailsKey === this.#sentDetails ? {} : { host_details: details }),
      sources: states.flatMap(({ source, digest }) => (digest === null ? [] : [{ source, digest }])),
      failures: states.flatMap(({ source, failure }) => (failure === null ? [] : [{ source, error: failure }])),
    };
    try {
      const answer = await this.#deps.calls.checkin(nodeKey, request, signal);
      this.#sentDetails = detailsKey;
      await this.#sendWanted(nodeKey, answer.wanted, signal);
      this.#acknowledged = new Map(states.map(({ source, digest, failure }) => [source, digest ?? failure ?? ""]));
      this.#provenKey = nodeKey;
      this.#keyProven();
      await this.followSettings(answer.collection_etag, nodeKey, signal);
      return answer.interval_seconds;
    } catch (error) {
      if (error instanceof CallError && error.nodeInvalid) await this.forgetKey(nodeKey);
      throw error;
    }
  }

  /**
   * Follows the collection settings that an answer names. Their failure is no failure of the call that named them: they are
   * asked for again when the next answer names them.
   * @returns true when new settings hold now
   * @throws CallError when the server does not know the key
   */
  async followSettings(etag: string | undefined, nodeKey: string, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#deps.settings.follow(etag, nodeKey, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof CallError) || error.nodeInvalid) throw error;
      this.#deps.log.warn({ error: error.message }, "The collection settings could not be got; the former ones stay.");
      return false;
    }
  }

  /** Gives up a key that the server does not know (any more). @throws AgentError when there is no secret for a new one. */
  async forgetKey(nodeKey: string): Promise<void> {
    if (this.#nodeKey !== nodeKey) return;
    this.#nodeKey = null;
    this.#provenKey = null;
    this.#sentDetails = null;
    this.#acknowledged.clear();
    if (this.#deps.enrollSecret === null) {
      throw new AgentError("The server no longer knows this device: start the agent with an enroll secret to enrol it again.");
    }
    this.#deps.log.warn({}, "The server does not know this device's key; the device enrols again.");
    await removeEnrolment(this.#deps);
  }

  async #enroll(host_details: HostDetails, signal: AbortSignal): Promise<string> {
    const { calls, device, server, stateDir, agentVersion, log } = this.#deps;
    const own = await device.ownIdentifier();
    const instanceId = await readInstanceId(stateDir);
    const answer = await calls.enroll(
      {
        enroll_secret: this.#deps.enrollSecret ?? "",
        host_identifier: own === "" ? instanceId : own,
        instance_id: instanceId,
        agent_version: agentVersion,
        host_details,
      },
      signal,
    );
    await writeEnrolment(this.#deps, { server, ...answer });
    this.#nodeKey = answer.node_key;
    log.info({ server, host_id: answer.host_id }, "Enrolled.");
    return answer.node_key;
  }

  async #sendWanted(nodeKey: string, wanted: string[], signal: AbortSignal): Promise<void> {
    const { inventory, calls, log } = this.#deps;
    const known = new Set(inventory.sources.map((source) => source.source));
    let batch: { source: string; rows: SoftwareRow[] }[] = [];
    async function flush(): Promise<void> {
      if (batch.length === 0) return;
      await calls.inventory(nodeKey, { derivation_version: derivationVersion(), sources: batch }, signal);
      log.info(Object.fromEntries(batch.map(({ source, rows }) => [source, rows.length])), "Reported software.");
      batch = [];
    }
    for (const source of new Set(wanted)) {
      if (!known.has(source)) continue;
      const rows = await inventory.rows(source, signal);
      if (rows === null) continue;
      const pending = batch.reduce((sum, item) => sum + item.rows.length, 0);
      if (pending + rows.length > ROWS_PER_CALL) await flush();
      batch.push({ source, rows });
    }
    await flush();
  }
}
