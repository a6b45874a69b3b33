import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { Client } from "pg";
import type { Database } from "#server/database/tables.ts";
import type { Log } from "#server/observe/log.ts";

/**
 * Short messages between the processes of one Muster, over PostgreSQL's LISTEN/NOTIFY. A signal says "look now": it may be lost
 * while a connection is re-established, so whoever waits also looks on its own from time to time.
 */
export interface Signals {
  /**
   * Sends to every process, this one included; within a transaction when it commits (commits that notify wait for each other in
   * PostgreSQL: not for what happens at every check-in).
   *
   * @param payload at most 7,000 bytes
   */
  publish(channel: string, payload: string, tx?: Database): Promise<void>;
  /** @returns ends the subscription */
  subscribe(channel: string, listener: (payload: string) => void): () => void;
  /**
   * Tells whether every signal from now on will arrive: for what is kept in memory only as long as signals guard it. Called with
   * the present state at once, then at each change; it listens from its first subscription on.
   *
   * @returns ends the subscription
   */
  watch(listener: (listening: boolean) => void): () => void;
  close(): Promise<void>;
}

/** The one channel that PostgreSQL knows; ours travel inside. */
const CHANNEL = "muster";

/**
 * SQL that sends a signal to every process when the transaction commits: for statements that find out themselves whether there is one
 * to send. `payload` is SQL, too.
 */
export function signalSql(channel: string, payload: RawBuilder<string>): RawBuilder<unknown> {
  return sql`pg_notify(${CHANNEL}, json_build_array(${channel}::text, ${payload})::text)`;
}
const PAYLOAD_BYTES_MAX = 7000;
const RECONNECT_MS_MAX = 30_000;
/** A connection that was cut without a word (a machine that vanished) is noticed after at most the sum of these. */
const HEARTBEAT_EVERY_MS = 5000;
const HEARTBEAT_WAIT_MS = 5000;

type Listener = (payload: string) => void;

/** Connects when the first listener subscribes, and again with growing pauses whenever the connection is lost. */
export function createSignals(deps: { url: string; db: Database; log: Log }): Signals {
  const listeners = new Map<string, Set<Listener>>();
  const watchers = new Set<(listening: boolean) => void>();
  const stop = new AbortController();
  let connection: Promise<void> | null = null;
  let listening = false;
  const changed = (now: boolean): void => {
    listening = now;
    for (const watcher of watchers) watcher(now);
  };
  const listen = (): void => {
    connection ??= keepListening(deps, stop.signal, (message) => deliver(listeners, message, deps.log), changed);
  };
  return {
    async publish(channel, payload, tx = deps.db) {
      if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) throw new RangeError(`signal on ${channel} is too long`);
      await sql`SELECT pg_notify(${CHANNEL}, ${JSON.stringify([channel, payload])})`.execute(tx);
    },
    subscribe(channel, listener) {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
      listen();
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(channel) === set) listeners.delete(channel);
      };
    },
    watch(listener) {
      watchers.add(listener);
      listen();
      listener(listening);
      return () => void watchers.delete(listener);
    },
    async close() {
      stop.abort();
      await connection;
    },
  };
}

function deliver(listeners: Map<string, Set<Listener>>, message: string, log: Log): void {
  const [channel, payload] = JSON.parse(message) as [string, string];
  for (const listener of listeners.get(channel) ?? []) {
    try {
      listener(payload);
    } catch (error) {
      log.error({ err: error, channel }, "a listener failed");
    }
  }
}

async function keepListening(
  deps: { url: string; log: Log },
  signal: AbortSignal,
  onMessage: Listener,
  onChange: (listening: boolean) => void,
): Promise<void> {
  let pause = 100;
  while (!signal.aborted) {
    const lost = await listenUntilLost(deps.url, signal, onMessage, () => {
      pause = 100;
      onChange(true);
    });
    onChange(false);
    if (signal.aborted) return;
    deps.log.warn(
      { reason: lost instanceof Error ? lost.message : String(lost) },
      "lost the connection for signals; connecting again",
    );
    await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    pause = Math.min(pause * 2, RECONNECT_MS_MAX);
  }
}

/** @returns why the connection ended */
async function listenUntilLost(url: string, signal: AbortSignal, onMessage: Listener, onReady: () => void): Promise<unknown> {
  const client = new Client({ connectionString: url, application_name: "muster-signals", keepAlive: true });
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const close = (): void => void client.end().then(resolve, resolve);
  client.on("error", resolve);
  client.on("end", () => resolve(new Error("connection ended")));
  client.on("notification", ({ payload }) => {
    if (payload !== undefined) onMessage(payload);
  });
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    onReady();
    signal.addEventListener("abort", close, { once: true });
    if (signal.aborted) close();
    return await Promise.race([ended, heartbeat(client, ended)]);
  } catch (error) {
    return error;
  } finally {
    signal.removeEventListener("abort", close);
    await client.end().catch(() => undefined);
  }
}

/** Asks for a sign of life (listening twice is the same as once) until there is none. @returns why the connection counts as lost */
async function heartbeat(client: Client, ended: Promise<unknown>): Promise<unknown> {
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    await Promise.race([ended, delay(HEARTBEAT_EVERY_MS, undefined, { ref: false })]);
    const late = delay(HEARTBEAT_WAIT_MS, new Error("no sign of life"), { ref: false });
    const failure = over ? null : await Promise.race([ended, late, client.query(`LISTEN ${CHANNEL}`).then(() => null)]);
    if (failure !== null) return failure;
  }
  return ended;
}
