import { MUSTER_REPORTS_MS, sessionOf, type NodeSession } from "./authenticate-node.ts";
import type { DevicesDeps } from "./deps.ts";
import type { AgentKind } from "./enrollee.ts";
import { enrollmentsByNodeKeys } from "./enrollment-store.ts";
import { isPlausibleNodeKey, nodeKeyHash } from "./node-key.ts";
import { HOST_CHANNEL } from "./request-refetch.ts";

/**
 * Signals of this channel carry the id of a host whose sessions are not as they were (another key, other settings), or nothing when
 * that is so of all hosts. Unlike {@link HOST_CHANNEL} they do not wake held polls.
 */
export const SESSIONS_CHANNEL = "session";

/** A second line behind the signals: what nobody signalled is noticed after this time. */
const KEPT_MS = 600_000;
/** Sessions kept, about 600 bytes each; the oldest goes first. */
const SESSIONS_MAX = 200_000;
/** Reads under way at once; the keys that come meanwhile go together in the next one. */
const READS_MAX = 2;
const KEYS_PER_READ_MAX = 200;

/** What guards the memory: see `Signals`. */
export interface SessionSignals {
  subscribe(channel: string, listener: (payload: string) => void): () => void;
  watch(listener: (listening: boolean) => void): () => void;
}

interface Kept {
  session: NodeSession;
  readAt: number;
}

interface Asked {
  hash: Buffer;
  key: string;
  resolve: (session: NodeSession | null) => void;
  reject: (error: unknown) => void;
}

/** A read under way, and the hosts that were signalled since it began: what it brings of them may be from before. */
interface Read {
  signalled: Set<number>;
  flushed: boolean;
}

/**
 * Who an agent is, by its node key. Sessions are kept in memory, so that a poll with nothing to do costs no query; signals drop them at
 * the moment that anything about them changes in any process, and while signals cannot arrive, nothing is kept. Reads of calls that
 * come together are one statement.
 */
export class NodeSessions {
  readonly #deps: Pick<DevicesDeps, "db" | "now">;
  readonly #kept = new Map<string, Kept>();
  readonly #keysOfHost = new Map<number, string[]>();
  readonly #reads = new Set<Read>();
  readonly #droppedListeners = new Set<(hostId: number | null) => void>();
  readonly #unsubscribe: (() => void)[];
  #asked: Asked[] = [];
  #scheduled = false;
  #guarded = false;

  /** @param signals null: nothing is kept, every call reads */
  constructor(deps: Pick<DevicesDeps, "db" | "now">, signals: SessionSignals | null) {
    this.#deps = deps;
    const dropped = (payload: string): void => (payload === "" ? this.#flush() : this.#drop(Number(payload)));
    this.#unsubscribe =
      signals === null
        ? []
        : [
            signals.subscribe(HOST_CHANNEL, dropped),
            signals.subscribe(SESSIONS_CHANNEL, dropped),
            signals.watch((listening) => {
              this.#guarded = listening;
              this.#flush();
            }),
          ];
  }

  /** Sessions kept now. */
  get size(): number {
    return this.#kept.size;
  }

  /** The session as memory has it, without any query; null when it has none. Good enough to find that there is nothing to do. */
  kept(nodeKey: string): NodeSession | null {
    const key = keyOf(nodeKeyHash(nodeKey));
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    if (performance.now() - kept.readAt < KEPT_MS) return kept.session;
    this.#forget(key, kept.session.host_id);
    return null;
  }

  /** From memory where that has it, else from the database. Null as {@link read}. */
  async find(nodeKey: unknown): Promise<NodeSession | null> {
    if (!isPlausibleNodeKey(nodeKey)) return null;
    return this.kept(nodeKey) ?? (await this.read(nodeKey));
  }

  /**
   * From the database, as it is now: for everything that writes or hands out work. Null for a key that nobody holds (never issued,
   * replaced by a re-enrolment, or the host was deleted): the agent must enrol again.
   */
  async read(nodeKey: unknown): Promise<NodeSession | null> {
    if (!isPlausibleNodeKey(nodeKey)) return null;
    const hash = nodeKeyHash(nodeKey);
    const { promise, resolve, reject } = Promise.withResolvers<NodeSession | null>();
    this.#asked.push({ hash, key: keyOf(hash), resolve, reject });
    this.#schedule();
    return promise;
  }

  /** A full report of this agent was accepted now: its next one is an interval away. */
  reported({ host_id, agent }: { host_id: number; agent: AgentKind }, at: Date): void {
    for (const key of this.#keysOfHost.get(host_id) ?? []) {
      const kept = this.#kept.get(key);
      if (kept?.session.agent === agent) kept.session = { ...kept.session, reported_at: at };
    }
  }

  /** Calls back whenever sessions of a host (null: of all) are dropped. @returns ends it */
  onDropped(listener: (hostId: number | null) => void): () => void {
    this.#droppedListeners.add(listener);
    return () => void this.#droppedListeners.delete(listener);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#guarded = false;
    this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled || this.#reads.size >= READS_MAX || this.#asked.length === 0) return;
    this.#scheduled = true;
    // at the end of this turn of the event loop: calls that arrived together are read together
    setImmediate(() => {
      this.#scheduled = false;
      void this.#readAsked();
    });
  }

  async #readAsked(): Promise<void> {
    const asked = this.#asked.splice(0, KEYS_PER_READ_MAX);
    const read: Read = { signalled: new Set(), flushed: false };
    this.#reads.add(read);
    try {
      const since = new Date(this.#deps.now().getTime() - MUSTER_REPORTS_MS);
      const hashes = asked.map(({ hash }) => hash);
      const sessions = await enrollmentsByNodeKeys(this.#deps.db, hashes, since);
      const byKey = new Map(sessions.map((row) => [keyOf(row.node_key_hash), sessionOf(row)]));
      for (const { key, resolve } of asked) resolve(this.#keep(key, byKey.get(key) ?? null, read));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.#reads.delete(read);
      this.#schedule();
    }
  }

  #keep(key: string, session: NodeSession | null, read: Read): NodeSession | null {
    const known = this.#kept.get(key);
    if (known !== undefined) this.#forget(key, known.session.host_id);
    if (session === null) return null;
    // report times reach the database a second late (seen-buffer.ts)
    const current = { ...session, reported_at: later(known?.session.reported_at ?? null, session.reported_at) };
    if (!this.#guarded || read.flushed || read.signalled.has(session.host_id)) return current;
    this.#kept.set(key, { session: current, readAt: performance.now() });
    this.#keysOfHost.set(session.host_id, [...(this.#keysOfHost.get(session.host_id) ?? []), key]);
    if (this.#kept.size > SESSIONS_MAX) this.#forgetOldest();
    return current;
  }

  #forgetOldest(): void {
    for (const [key, { session }] of this.#kept) {
      this.#forget(key, session.host_id);
      return;
    }
  }

  #forget(key: string, hostId: number): void {
    this.#kept.delete(key);
    const left = (this.#keysOfHost.get(hostId) ?? []).filter((other) => other !== key);
    if (left.length === 0) this.#keysOfHost.delete(hostId);
    else this.#keysOfHost.set(hostId, left);
  }

  #drop(hostId: number): void {
    for (const read of this.#reads) read.signalled.add(hostId);
    for (const key of this.#keysOfHost.get(hostId) ?? []) this.#kept.delete(key);
    this.#keysOfHost.delete(hostId);
    for (const listener of this.#droppedListeners) listener(hostId);
  }

  #flush(): void {
    for (const read of this.#reads) read.flushed = true;
    this.#kept.clear();
    this.#keysOfHost.clear();
    for (const listener of this.#droppedListeners) listener(null);
  }
}

function keyOf(hash: Buffer): string {
  return hash.toString("latin1");
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
