import { benchImages } from "./images.ts";
import { Connection } from "./connection.ts";
import { expectedSoftware } from "./digest-write.ts";
import { expectStatus } from "./answers.ts";
import { closedLoop, Latencies, type LoadOptions, type Step } from "./load.ts";
import type { ExpectedHost, GeneratorCommand, GeneratorReply, LoadReport } from "./messages.ts";
import { MusterFleet } from "./muster-fleet.ts";
import { OsqueryFleet, type Sent } from "./osquery-fleet.ts";

/** The generator process: the fleet, and the load that it makes. Driven over IPC, one command at a time (generator-client.ts). */

type Start = Extract<GeneratorCommand, { kind: "start" }>;

interface Generator extends Start {
  osquery: OsqueryFleet;
  muster: MusterFleet | null;
}

let generator: Generator | null = null;

process.on("message", (command: GeneratorCommand) => {
  void answer(command).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit());

async function answer(command: GeneratorCommand): Promise<GeneratorReply> {
  try {
    if (command.kind === "start") {
      // the same hosts go on when the server comes back at another port
      generator ??= {
        ...command,
        osquery: new OsqueryFleet(benchImages().images, command.hosts, command.enrollSecret),
        muster: null,
      };
      generator.port = command.port;
      return { ok: true };
    }
    if (generator === null) throw new Error("not started");
    if (command.kind === "expect") return { ok: true, expected: expectedHosts(generator, command.hosts) };
    if (command.kind === "expectLinks") return { ok: true, links: expectedLinks(generator) };
    return { ok: true, report: await load(generator, command) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

type LoadCommand = Exclude<GeneratorCommand, { kind: "start" | "expect" | "expectLinks" }>;

async function load(own: Generator, command: LoadCommand): Promise<LoadReport> {
  const latencies = new Latencies();
  const sent: Sent & { answerBytes: number } = { changedReports: 0, rows: 0, bytes: 0, answerBytes: 0 };
  const next = steps(own, command, latencies, sent);
  const options: LoadOptions = {
    port: command.kind === "post" ? command.port : own.port,
    connections: command.connections,
    seconds: "seconds" in command ? command.seconds : Infinity,
    countMax: command.kind === "first" ? (command.hosts ?? Infinity) : Infinity,
    next,
  };
  const before = process.cpuUsage();
  const result = await closedLoop(options);
  const used = process.cpuUsage(before);
  return { ...result, ...sent, latency: latencies.percentiles(), cpu: (used.user + used.system) / 1e6 };
}

function steps(
  own: Generator,
  command: LoadCommand,
  latencies: Latencies,
  sent: Sent & { answerBytes: number },
): () => Step | null {
  const { osquery } = own;
  osquery.rewind(command.kind === "first" ? command.after : 0);
  own.muster ??= command.kind.startsWith("muster") ? new MusterFleet(osquery.templates, own.musterHosts, own.enrollSecret) : null;
  const { muster } = own;
  muster?.rewind();
  switch (command.kind) {
    case "enroll":
      return () => osquery.enroll(latencies);
    case "first":
    case "unchanged":
    case "changed":
      return () => osquery.checkIn(command.kind, latencies, sent);
    case "rewrite":
      return () => osquery.rewrite(latencies, sent);
    case "poll":
      return () => osquery.poll(latencies);
    case "musterEnroll":
      return () => muster?.enroll(latencies) ?? null;
    case "musterFirst":
      return () => muster?.first(latencies, sent) ?? null;
    case "musterUnchanged":
      return () => muster?.unchanged(latencies, sent) ?? null;
    case "musterPoll":
      return () => muster?.poll(latencies) ?? null;
    case "get":
      return () => get(command.path, own.adminToken, latencies, sent);
    default:
      return () => post(osquery, command, latencies, sent);
  }
}

function get(path: string, token: string, latencies: Latencies, sent: { answerBytes: number }): Step {
  return async (connection) => {
    const reply = await latencies.time(() => connection.send("GET", path, `authorization: Bearer ${token}\r\n`, null));
    expectStatus(reply, 200);
    sent.answerBytes = reply.body.length;
  };
}

const POLL_BODY = Buffer.from(JSON.stringify({ node_key: "k".repeat(43) }));

function post(
  osquery: OsqueryFleet,
  { path, size }: Extract<GeneratorCommand, { kind: "post" }>,
  latencies: Latencies,
  sent: Sent,
): Step | null {
  const made = size === "poll" ? { body: POLL_BODY, rows: 0 } : osquery.anyWriteBody();
  if (made === null) return null;
  const { body, rows } = made;
  return async (connection: Connection) => {
    sent.bytes += body.length;
    sent.rows += rows;
    expectStatus(await latencies.time(() => connection.send("POST", path, "", body)), 200);
  };
}

/** Hosts spread over the fleet, and what the server must hold for them by now. */
function expectedHosts({ osquery }: Generator, count: number): ExpectedHost[] {
  const step = Math.max(1, Math.floor(osquery.hosts.length / count));
  const chosen = osquery.hosts.filter((_, i) => i % step === 0).slice(0, count);
  return chosen.map(({ index, generation, identity, nodeKey, template }) => ({
    hostname: identity.hostname,
    software: expectedSoftware(template.writeBody(index, generation, identity, nodeKey).body),
  }));
}

/** Every host's software by the domain's own rules, summed: osquery's hosts as of their generation, Muster's that have reported. */
function expectedLinks({ osquery, muster }: Generator): number {
  let links = muster?.links ?? 0;
  for (const { index, generation, identity, nodeKey, template } of osquery.hosts)
    if (template.isPrepared) links += expectedSoftware(template.writeBody(index, generation, identity, nodeKey).body);
  return links;
}
