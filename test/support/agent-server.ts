import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { AGENT_PREFIX, CheckinRequest, EnrollRequest, InventoryRequest, PollRequest } from "#protocol/agent/messages.ts";
import type { CollectionSettings, HostDetails } from "#protocol/agent/messages.ts";
import { PATIENCE_MS } from "./patience.ts";

/** What goes wrong with a call: the server answers so instead of doing its work, or drops the connection after it. */
export type Fault =
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: unknown }
  | { kind: "drop_before" }
  | { kind: "drop_after" }
  | { kind: "hang" };

export type AgentCall = "enroll" | "checkin" | "inventory" | "poll" | "collection";

/**
 * A small server that speaks the agent protocol over real HTTP, checks every request against its schema, keeps what it is told
 * in memory and can be told to fail. It computes digests by itself from the rows it receives, as the real one does.
 */
export class FakeAgentServer {
  readonly secret = "the-secret";
  /** Names of the calls as they came in. */
  readonly calls: AgentCall[] = [];
  readonly problems: string[] = [];
  readonly software = new Map<string, SoftwareEntry[]>();
  readonly failures = new Map<string, string>();
  details: HostDetails | null = null;
  identifiers: string[] = [];
  intervalSeconds = 3600;
  refetch = false;
  pollMs = 50_000;
  /** Named in every answer, and given when asked for; anything, to try what a device does with what is not usable. */
  collection: { etag: string; settings: CollectionSettings } | null = null;
  /** The sources the last check-in told of, failed ones included. */
  told: string[] = [];
  #toldEtag: string | undefined;
  readonly #faults = new Map<AgentCall, Fault[]>();
  readonly #keys = new Set<string>();
  readonly #digests = new Map<string, string>();
  readonly #polls = new Set<() => void>();
  readonly #listeners = new Set<() => void>();
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts listening; after a stop, on the same port again. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const end of this.#polls) end();
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  /** The next calls of this kind go wrong, one fault each. */
  fail(call: AgentCall, ...faults: Fault[]): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), ...faults]);
  }

  forgetKeys(): void {
    this.#keys.clear();
  }

  requestRefetch(): void {
    this.refetch = true;
    for (const end of this.#polls) end();
  }

  /** New collection settings, which the held poll brings at once. */
  setCollection(etag: string, settings: CollectionSettings): void {
    this.collection = { etag, settings };
    for (const end of this.#polls) end();
  }

  count(call: AgentCall): number {
    return this.calls.filter((name) => name === call).length;
  }

  rows(source: string): string[] {
    return (this.software.get(source) ?? []).map((entry) => `${entry.name} ${entry.version}`);
  }

  /** Waits until something is true, looking after every call that was answered. */
  async until(condition: () => boolean, what: string, timeoutMs = PATIENCE_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what} (calls: ${this.calls.join(" ")})`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 100));
        this.#listeners.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = (request.url ?? "").replace(`${AGENT_PREFIX}/`, "") as AgentCall;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const body: unknown = JSON.parse(
      (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8"),
    );
    this.calls.push(call);
    const fault = this.#faults.get(call)?.shift();
    if (fault?.kind === "hang") return;
    if (fault?.kind === "drop_before") request.socket.destroy();
    else if (fault?.kind === "status") send(response, fault.status, fault.body ?? { message: "as told" }, fault.headers);
    else {
      const [status, answer] = await this.#answer(call, body, request.headers.authorization ?? "");
      if (fault?.kind === "drop_after") request.socket.destroy();
      else send(response, status, answer);
    }
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  async #answer(call: AgentCall, body: unknown, authorization: string): Promise<[number, unknown]> {
    if (call === "enroll") return this.#enroll(this.#checked(EnrollRequest, body));
    if (!this.#keys.has(authorization.replace("NodeKey ", ""))) return [401, { message: "unknown key", node_invalid: true }];
    if (call === "checkin") return [200, this.#checkin(this.#checked(CheckinRequest, body))];
    if (call === "inventory") return [200, this.#inventory(this.#checked(InventoryRequest, body))];
    if (call === "collection") return this.collection === null ? [404, { message: "none" }] : [200, this.collection];
    return [200, await this.#poll(this.#checked(PollRequest, body))];
  }

  /** What does not fit the schema is kept as a problem, for tests to see that there is none. */
  #checked<S extends TSchema>(schema: S, body: unknown): Static<S> {
    for (const error of Value.Errors(schema, body)) this.problems.push(`${error.instancePath}: ${error.message}`);
    return body as Static<S>;
  }

  #enroll(body: EnrollRequest): [number, unknown] {
    if (body.enroll_secret !== this.secret)
      return [401, { message: "Authentication failed", errors: [{ reason: "wrong secret" }] }];
    const node_key = `key-${this.#keys.size}-${this.calls.length}`;
    this.#keys.add(node_key);
    this.identifiers.push(body.host_identifier);
    this.details = body.host_details;
    return [200, { node_key, host_id: 7 }];
  }

  #checkin(body: CheckinRequest): unknown {
    this.details = body.host_details ?? this.details;
    this.told = [...body.sources, ...body.failures].map(({ source }) => source).toSorted();
    this.failures.clear();
    for (const { source, error } of body.failures) this.failures.set(source, error);
    const wanted = body.sources.filter(({ source, digest }) => this.refetch || this.#digests.get(source) !== digest);
    this.refetch = false;
    return { wanted: wanted.map(({ source }) => source), interval_seconds: this.intervalSeconds, ...this.#etag() };
  }

  #inventory(body: InventoryRequest): unknown {
    for (const { source, rows } of body.sources) {
      const entries = rows
        .map((row) => cleanEntry({ ...emptySoftwareEntry(source), ...row }).entry)
        .filter((entry) => entry !== null);
      this.software.set(source, entries);
      this.#digests.set(source, createHash("sha256").update(sourceDigestText(entries)).digest("hex"));
    }
    return {};
  }

  async #poll(body: PollRequest): Promise<unknown> {
    if (!this.refetch && this.collection?.etag === this.#toldEtag) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(this.pollMs, body.wait_seconds * 1000));
        this.#polls.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return { refetch: this.refetch, ...this.#etag() };
  }

  #etag(): { collection_etag?: string } {
    this.#toldEtag = this.collection?.etag;
    return this.collection === null ? {} : { collection_etag: this.collection.etag };
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}
