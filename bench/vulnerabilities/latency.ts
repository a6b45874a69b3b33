import { setTimeout as delay } from "node:timers/promises";
import { type Identity, identityOf, Template } from "../fleet/template.ts";
import { sharedImage } from "#test/support/simulated-osquery/images.ts";
import { withServer } from "../scale/run-scale.ts";
import { ADMIN_TOKEN, ENROLL_SECRET } from "../system/child-server.ts";
import { postgresCpu, processCpu } from "../system/usage.ts";
import { matchAll } from "./processes.ts";
import { type RowsOptions, withCatalogue } from "./rows.ts";

export interface LatencyOptions extends RowsOptions {
  seconds: number;
  /** Devices that check in a second, each for the first time, each with a version that nobody had. */
  perSecond: number;
  /** Reports a second besides, of devices that are known, as they were. */
  unchangedPerSecond: number;
}

export interface LatencyFigures {
  checkIns: number;
  /** Reports of known devices meanwhile. */
  unchanged: number;
  /** Writes that the server asked to be sent again. */
  refused: number;
  links: number;
  rescans: number;
  subjects: number;
  /** Milliseconds from the acknowledgement of a check-in until its finding is answered over REST. */
  latency: { count: number; p50: number; p95: number; max: number };
  /** Of the check-ins' writes themselves, milliseconds. */
  write: { p50: number; p95: number; max: number };
  cores: { server: number; database: number };
}

const IMAGE = "linux-debian-12-server-arm64-before";
const PACKAGE = "openssl";
const MARK = "9.9.9-probe";
/** At most so many check-ins a second are watched: asking costs the server as well. */
const WATCHED_PER_SECOND = 2;
/** Known devices, which report again and again. */
const KNOWN_DEVICES = 30;
const ASK_EVERY_MS = 100;
const WRITE_AGAIN_MS = 250;
/** So long a finding is waited for. */
const GIVE_UP_MS = 60_000;
const P95_MAX_MS = 5000;

/** How long it takes from a check-in to its findings, while everything is matched again and other devices check in. */
export async function latencyBench(options: LatencyOptions, say: (line: string) => void): Promise<LatencyFigures> {
  return await withCatalogue(options, say, async (place, database) => {
    // what a kept database was matched by may be older than the program
    await matchAll(place, "settle");
    return await withServer(options.directory, database, 0, async (server) => {
      const api = new Api(server.port);
      const probe = await makeProbe(api);
      const known = await knownDevices(api, probe);
      const stop = new AbortController();
      const rescans = rescanAgainAndAgain(api, stop.signal);
      const cpu = () => ({ server: processCpu(server.pid), database: postgresCpu(database.postmasterPid) });
      const before = { ...cpu(), at: performance.now() };
      const [times, unchanged] = await Promise.all([checkInAtRate(api, probe, options), reportAgain(api, known, options)]);
      const after = { ...cpu(), at: performance.now() };
      stop.abort();
      const cores = (name: "server" | "database") => ((after[name] - before[name]) * 1000) / (after.at - before.at);
      return {
        checkIns: times.writes.length,
        unchanged,
        refused: times.refused,
        links: probe.rows,
        rescans: await rescans,
        subjects: await database.rowCount("match_subjects"),
        latency: { count: times.found.length, ...percentiles(times.found) },
        write: percentiles(times.writes),
        cores: { server: cores("server"), database: cores("database") },
      };
    });
  });
}

function percentiles(times: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** The server as devices and clients reach it. */
class Api {
  readonly #base: string;

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}/api`;
  }

  async osquery(path: string, body: string | Buffer): Promise<Record<string, unknown>> {
    return await this.#send(`${this.#base}/osquery${path}`, { method: "POST", body: new Uint8Array(Buffer.from(body)) });
  }

  /** A write, sent again while the server has too many reports at once, as agents do. @returns how often it was sent again */
  async write(body: string): Promise<number> {
    const url = `${this.#base}/osquery/distributed/write`;
    for (let again = 0; ; again++) {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      const reply = await fetch(url, { method: "POST", body });
      // oxlint-disable-next-line no-await-in-loop
      const text = await reply.text();
      if (reply.ok) return again;
      if (reply.status !== 503) throw new Error(`${url}: status ${reply.status}: ${text.slice(0, 500)}`);
      // oxlint-disable-next-line no-await-in-loop
      await delay(WRITE_AGAIN_MS);
    }
  }

  async rest(method: string, path: string): Promise<Record<string, unknown>> {
    return await this.#send(`${this.#base}/v1/fleet${path}`, { method, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  }

  async #send(url: string, init: RequestInit): Promise<Record<string, unknown>> {
    const reply = await fetch(url, init);
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${url}: status ${reply.status}: ${text.slice(0, 500)}`);
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}

/** A real device, one of whose packages has a version that is written anew for each host. */
interface Probe {
  template: Template;
  /** The number by which the template leaves that package in. */
  seed: number;
  rows: number;
}

async function makeProbe(api: Api): Promise<Probe> {
  const image = sharedImage(IMAGE);
  const packages = (image.tables["deb_packages"] ?? []).map((row) => (row["name"] === PACKAGE ? { ...row, version: MARK } : row));
  const template = new Template({ ...image, tables: { ...image.tables, deb_packages: packages } });
  const identity = identityOf("probe");
  const { node_key = "" } = (await api.osquery("/enroll", template.enrollBody(identity, ENROLL_SECRET))) as { node_key?: string };
  template.prepare(await api.osquery("/distributed/read", JSON.stringify({ node_key })));
  for (let seed = 0; seed < 1000; seed++) {
    const { body, rows } = template.writeBody(seed, 0, identity, node_key);
    if (body.includes(`"${MARK}"`)) return { template, seed, rows };
  }
  throw new Error(`${IMAGE} has no package ${PACKAGE}`);
}

/** The reports of devices that are known to the server by now. */
async function knownDevices(api: Api, probe: Probe): Promise<string[]> {
  const bodies: string[] = [];
  for (let i = 0; i < KNOWN_DEVICES; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one device after the other
    const { body } = await enrolled(api, probe, `known-${process.pid}-${i}`, MARK);
    // oxlint-disable-next-line no-await-in-loop
    await api.write(body);
    bodies.push(body);
  }
  return bodies;
}

/** Known devices report at their rate what they hold, which is what they held. @returns how often */
async function reportAgain(api: Api, bodies: readonly string[], options: LatencyOptions): Promise<number> {
  const { seconds, unchangedPerSecond } = options;
  await atRate(
    seconds * unchangedPerSecond,
    unchangedPerSecond,
    async (i) => void (await api.write(bodies[i % bodies.length] ?? "")),
  );
  return seconds * unchangedPerSecond;
}

/** Begins each at its time, whether or not those before it have ended. @throws what any of them threw, when all have ended */
async function atRate(count: number, perSecond: number, begin: (i: number) => Promise<void>): Promise<void> {
  const started = performance.now();
  const ends: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    // oxlint-disable-next-line no-await-in-loop -- the moment that it is due
    await delay(Math.max(0, started + (i * 1000) / perSecond - performance.now()));
    const end = begin(i);
    end.catch(() => undefined);
    ends.push(end);
  }
  await Promise.all(ends);
}

/** Has everything matched again as soon as that was done. @returns how often it was done */
async function rescanAgainAndAgain(api: Api, signal: AbortSignal): Promise<number> {
  for (let done = 0; ; done++) {
    // oxlint-disable-next-line no-await-in-loop -- one rescan after the other
    const { rescan } = (await api.rest("POST", "/vulnerabilities/rescan")) as { rescan: { id: number } };
    for (let finished: unknown = null; finished === null;) {
      if (signal.aborted) return done;
      // oxlint-disable-next-line no-await-in-loop
      await delay(1000);
      // oxlint-disable-next-line no-await-in-loop
      const now = (await api.rest("GET", `/vulnerabilities/rescans/${rescan.id}`)) as { rescan: { finished_at: unknown } };
      finished = now.rescan.finished_at;
    }
  }
}

interface Times {
  /** Milliseconds until the finding was there, of those that were watched. */
  found: number[];
  /** Milliseconds of each write, with those that were refused first. */
  writes: number[];
  /** Writes that the server asked to be sent again. */
  refused: number;
}

async function checkInAtRate(api: Api, probe: Probe, { seconds, perSecond }: LatencyOptions): Promise<Times> {
  const times: Times = { found: [], writes: [], refused: 0 };
  const watchEvery = Math.max(1, Math.round(perSecond / WATCHED_PER_SECOND));
  await atRate(
    seconds * perSecond,
    perSecond,
    async (i) => await checkIn(api, probe, { i, watched: i % watchEvery === 0 }, times),
  );
  return times;
}

/** A device that is enrolled, and what it is about to report: the probe's package at this version. */
async function enrolled(api: Api, { template, seed }: Probe, name: string, version: string) {
  const identity: Identity = identityOf(name);
  const { node_key = "" } = (await api.osquery("/enroll", template.enrollBody(identity, ENROLL_SECRET))) as { node_key?: string };
  await api.osquery("/distributed/read", JSON.stringify({ node_key }));
  const body = template.writeBody(seed, 0, identity, node_key).body.toString().replace(`"${MARK}"`, JSON.stringify(version));
  return { identity, body };
}

async function checkIn(api: Api, probe: Probe, { i, watched }: { i: number; watched: boolean }, times: Times): Promise<void> {
  const version = `3.0.0-1~probe${process.pid}.${i}`;
  const { identity, body } = await enrolled(api, probe, `probe-${process.pid}-${i}`, version);
  const sent = performance.now();
  times.refused += await api.write(body);
  const acknowledged = performance.now();
  times.writes.push(acknowledged - sent);
  if (!watched) return;
  const { host } = (await api.rest("GET", `/hosts/identifier/${identity.hostname}?exclude_software=true`)) as {
    host: { id: number };
  };
  const list = `/hosts/${host.id}/vulnerabilities?per_page=1&query=${encodeURIComponent(version)}`;
  while (performance.now() - acknowledged < GIVE_UP_MS) {
    // oxlint-disable-next-line no-await-in-loop -- asks until it is there
    const { vulnerabilities } = (await api.rest("GET", list)) as { vulnerabilities: { version: string }[] };
    if (vulnerabilities.some((finding) => finding.version === version)) {
      times.found.push(performance.now() - acknowledged);
      return;
    }
    // oxlint-disable-next-line no-await-in-loop
    await delay(ASK_EVERY_MS);
  }
  throw new Error(`${identity.hostname}: no finding of ${PACKAGE} ${version} within ${GIVE_UP_MS / 1000} s`);
}

export function latencyReport({
  checkIns,
  unchanged,
  refused,
  links,
  rescans,
  subjects,
  latency,
  write,
  cores,
}: LatencyFigures): string {
  const ms = (value: number) => value.toFixed(0);
  return [
    `${checkIns} first check-ins of ${links} rows, ${unchanged} unchanged reports, ${subjects.toLocaleString("en")} subjects rescanned ${rescans} times meanwhile`,
    `  check-in to finding  p50 ${ms(latency.p50)} ms, p95 ${ms(latency.p95)} ms, max ${ms(latency.max)} ms of ${latency.count} watched; limit ${P95_MAX_MS} ms: ${latency.p95 <= P95_MAX_MS ? "holds" : "MISSED"}`,
    `  the write itself     p50 ${ms(write.p50)} ms, p95 ${ms(write.p95)} ms, max ${ms(write.max)} ms; ${refused} sent again`,
    `  cores: server ${cores.server.toFixed(2)}, database ${cores.database.toFixed(2)}`,
    "",
  ].join("\n");
}
