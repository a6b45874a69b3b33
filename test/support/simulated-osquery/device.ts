import { createHash } from "node:crypto";
import { platformFamily } from "#domain/software/sources.ts";
import { Engine, type EngineResult } from "./engine.ts";
import { hostRows, MARKERS } from "./host-tables.ts";
import type { Image, TableRow } from "./images.ts";
import { type Family, isLater, tablesOf } from "./schema.ts";
import { createWire, type Reply, type Wire } from "./wire.ts";

export interface DeviceOptions {
  image: Image;
  serverUrl: string;
  enrollSecret: string;
  /** What the agent calls its host; by default the hardware uuid, which is made from this device's name. */
  identifier?: string;
  overrides?: Partial<{
    /** Also the seed of uuid, serial and instance: two devices of one image need two names. */
    hostname: string;
    uuid: string;
    serial: string;
    instance: string;
    osqueryVersion: string;
    /** With Fleet's extension tables. */
    fleetd: boolean;
    prefix: string;
    /** `legacy`: statuses and empty results as text, as before 3.0; `chrome`: ChromeOS's agent. */
    dialect: "modern" | "legacy" | "chrome";
    /** Enrols without host details, as very old agents do. */
    silentEnrollment: boolean;
    /** Waits between attempts are n² of these; osquery's are seconds. */
    retryUnitMs: number;
    ca: string;
  }>;
}

export interface PollResult {
  reply: Reply;
  /** Names that the server handed out. */
  asked: string[];
  /** By name: rows found, or the error. Skipped by discovery: absent. */
  ran: Record<string, number | string>;
  /** null: there was nothing to write. */
  written: boolean | null;
  accelerate: number | null;
}

/** A device as osqueryd makes it look from the network. */
export interface SimulatedDevice {
  readonly identity: { hostname: string; uuid: string; serial: string; instance: string };
  /** null until enrolled, and again after the server called it invalid. */
  nodeKey(): string | null;
  enroll(): Promise<Reply>;
  config(): Promise<Reply>;
  /** One cycle: read, run what was asked, write. Enrols first when there is no key. */
  poll(): Promise<PollResult>;
  /** Buffers lines of the agent's log and sends what is buffered; they leave the buffer only after a successful reply. */
  log(type: "status" | "result", lines: unknown[], options?: { gzip?: boolean }): Promise<Reply>;
  bufferedLines(): number;
  /** Changes what the device holds; rows are this device's own from then on. */
  mutate(change: (tables: Record<string, TableRow[]>) => void): void;
  /** Makes queries whose SQL matches fail, as a broken table or the watchdog's denylist would; null ends it. */
  failQueries(matching: RegExp | null, message?: string): void;
  close(): void;
}

const ATTEMPTS = 3;
const TIMEOUT_MS = 16_000;
const LOG_LINES_MAX = 1024;
const engines = new WeakMap<Image, Map<string, Engine>>();

/** Makes a device that holds an image's rows. It does nothing until told to. */
export function simulatedDevice({ image, serverUrl, enrollSecret, identifier, overrides = {} }: DeviceOptions): SimulatedDevice {
  const family: Family = platformFamily(image.host.platform) ?? "linux";
  const { osqueryVersion = "5.23.0", fleetd = false, prefix = "/api/osquery", retryUnitMs = 5 } = overrides;
  const dialect = overrides.dialect ?? (family === "chrome" ? "chrome" : "modern");
  const identity = identityOf(overrides.hostname ?? image.name.replaceAll("/", "-"), overrides);
  const isHeaderSent = dialect === "modern" && !isLater("5.23.0", osqueryVersion);
  const wire: Wire = createWire({
    serverUrl,
    prefix,
    userAgent: dialect === "chrome" ? "Mozilla/5.0" : `osquery/${osqueryVersion}`,
    contentType: dialect === "chrome" ? "text/plain;charset=UTF-8" : dialect === "legacy" ? null : "application/json",
    timeoutMs: TIMEOUT_MS,
    ...(overrides.ca === undefined ? {} : { ca: overrides.ca }),
  });
  let engine = sharedEngine(image, family, osqueryVersion, fleetd);
  let own: Record<string, TableRow[]> | null = null;
  let key: string | null = null;
  let failing: { matching: RegExp; message: string } | null = null;
  let pending = new Map<string, EngineResult>();
  const lines = { status: [] as unknown[], result: [] as unknown[] };

  const run = (sql: string): EngineResult =>
    failing?.matching.test(sql) === true ? { ok: false, error: failing.message } : personal(engine.run(sql), identity);

  async function post(endpoint: string, body: string, gzip = false): Promise<Reply> {
    const reply = await wire.post(endpoint, body, { nodeKey: isHeaderSent ? key : null, gzip });
    if (reply.nodeInvalid) key = null;
    return reply;
  }

  async function enroll(): Promise<Reply> {
    const details = ["os_version", "osquery_info", "system_info", "platform_info"].flatMap((table) => {
      const result = run(`SELECT * FROM ${table}`);
      const first = result.ok ? (JSON.parse(result.json) as TableRow[])[0] : undefined;
      return first === undefined ? [] : [[table, first] as const];
    });
    const body = {
      enroll_secret: enrollSecret,
      host_identifier: identifier ?? identity.uuid,
      platform_type: { darwin: "21", windows: "2", linux: "9", chrome: "0" }[family],
      ...(overrides.silentEnrollment === true ? {} : { host_details: Object.fromEntries(details) }),
    };
    const reply = await wire.post("enroll", JSON.stringify(body));
    const received = reply.body["node_key"];
    key = !reply.failed && typeof received === "string" && received !== "" ? received : null;
    return reply;
  }

  async function withKey(call: () => Promise<Reply>): Promise<Reply> {
    if (key === null) {
      const enrolled = await enroll();
      if (key === null) return enrolled;
    }
    return call();
  }

  async function write(): Promise<boolean> {
    const body = writeBody(key, pending, dialect);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const reply = await post("distributed/write", body);
      if (!reply.failed) {
        pending = new Map();
        return true;
      }
      if (key === null) return false;
      await new Promise((done) => setTimeout(done, attempt ** 2 * retryUnitMs));
    }
    return false;
  }

  return {
    identity,
    nodeKey: () => key,
    enroll,
    config: () => withKey(() => post("config", JSON.stringify({ node_key: key }))),
    async poll() {
      const reply = await withKey(() => post("distributed/read", JSON.stringify({ node_key: key })));
      const batch = reply.failed ? null : batchOf(reply.body);
      const accelerate = typeof reply.body["accelerate"] === "number" ? reply.body["accelerate"] : null;
      if (batch === null || batch.queries.length === 0) return { reply, asked: [], ran: {}, written: null, accelerate };
      const results = runBatch(batch, run);
      for (const [name, result] of results) pending.set(name, result);
      const ran = Object.fromEntries([...results].map(([name, r]) => [name, r.ok ? r.rows : r.error]));
      return {
        reply,
        asked: batch.queries.map(([name]) => name),
        ran,
        written: results.size === 0 ? null : await write(),
        accelerate,
      };
    },
    async log(type, added, { gzip = false } = {}) {
      lines[type].push(...added);
      const sent = lines[type].slice(0, LOG_LINES_MAX);
      const reply = await withKey(() => post("log", JSON.stringify({ node_key: key, log_type: type, data: sent }), gzip));
      if (!reply.failed) lines[type].splice(0, sent.length);
      return reply;
    },
    bufferedLines: () => lines.status.length + lines.result.length,
    mutate(change) {
      own ??= structuredClone(image.tables);
      change(own);
      engine = makeEngine({ ...image, tables: own }, family, osqueryVersion, fleetd);
    },
    failQueries(matching, message = "disk I/O error") {
      failing = matching === null ? null : { matching, message };
    },
    close: () => wire.close(),
  };
}

/** All devices of one image share its tables and results. */
function sharedEngine(image: Image, family: Family, version: string, fleetd: boolean): Engine {
  const ofImage = engines.get(image) ?? new Map<string, Engine>();
  engines.set(image, ofImage);
  const variant = `${version} ${fleetd}`;
  const engine = ofImage.get(variant) ?? makeEngine(image, family, version, fleetd);
  ofImage.set(variant, engine);
  return engine;
}

function makeEngine(image: Image, family: Family, version: string, fleetd: boolean): Engine {
  const tables = tablesOf(family, version, fleetd);
  return new Engine(tables, hostRows(image, family, version, tables));
}

function identityOf(hostname: string, given: NonNullable<DeviceOptions["overrides"]>): SimulatedDevice["identity"] {
  const hash = createHash("sha256").update(hostname).digest("hex");
  const uuid = (at: number): string => hash.slice(at, at + 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return {
    hostname,
    uuid: given.uuid ?? uuid(0).toUpperCase(),
    serial: given.serial ?? `SN${hash.slice(40, 50).toUpperCase()}`,
    instance: given.instance ?? uuid(16),
  };
}

/** Puts a device's own values in place of the image's markers. */
function personal(result: EngineResult, identity: SimulatedDevice["identity"]): EngineResult {
  if (!result.ok || !result.json.includes("@@")) return result;
  let json = result.json;
  for (const name of ["hostname", "uuid", "serial", "instance"] as const) json = json.replaceAll(MARKERS[name], identity[name]);
  return { ...result, json };
}

type Entries = [name: string, sql: string][];

/** An empty name or statement spoils the whole batch. */
function batchOf(body: Record<string, unknown>): { queries: Entries; discovery: Entries } | null {
  const queries = Object.entries((body["queries"] ?? {}) as Record<string, string>);
  const discovery = Object.entries((body["discovery"] ?? {}) as Record<string, string>);
  return [...queries, ...discovery].some(([name, sql]) => name === "" || sql === "") ? null : { queries, discovery };
}

/** Discovery first: an error there drops the batch. Then the queries, by name. */
function runBatch(
  batch: { queries: Entries; discovery: Entries },
  run: (sql: string) => EngineResult,
): Map<string, EngineResult> {
  const found = new Map<string, boolean>();
  for (const [name, sql] of batch.discovery) {
    const result = run(sql);
    if (!result.ok) return new Map();
    found.set(name, result.rows > 0);
  }
  const wanted = batch.queries.filter(([name]) => found.get(name) !== false).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(wanted.map(([name, sql]) => [name, run(sql)]));
}

/** Put together from the results' own JSON, so that many devices of one image cost little. */
function writeBody(key: string | null, results: Map<string, EngineResult>, dialect: string): string {
  const all = [...results];
  const object = (pairs: [string, string][]): string =>
    `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
  const failed = dialect === "chrome" ? "null" : dialect === "legacy" ? '""' : "[]";
  const rows = (r: EngineResult): string => (!r.ok ? failed : r.rows === 0 && dialect === "legacy" ? '""' : r.json);
  const status = (r: EngineResult): string => (dialect === "legacy" ? JSON.stringify(r.ok ? "0" : "1") : r.ok ? "0" : "1");
  return object([
    ["node_key", JSON.stringify(key)],
    ["queries", object(all.map(([name, r]) => [name, rows(r)]))],
    ["statuses", object(all.map(([name, r]) => [name, status(r)]))],
    ...(dialect === "legacy"
      ? []
      : ([["messages", object(all.map(([name, r]) => [name, JSON.stringify(r.ok ? "" : r.error)]))]] as [string, string][])),
    ...(dialect === "modern"
      ? ([["stats", object(all.map(([name]) => [name, '{"wall_time_ms":3,"user_time":1,"system_time":1,"memory":204800}']))]] as [
          string,
          string,
        ][])
      : []),
  ]);
}
