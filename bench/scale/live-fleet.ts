import { readResponse } from "#server/agents/osquery/queries/batch.ts";
import type { Image } from "#test/support/simulated-osquery/images.ts";
import { expectEmpty, parsedAnswer } from "../fleet/answers.ts";
import { type Answer, Connection } from "../fleet/connection.ts";
import { expectedSoftware } from "../fleet/digest-write.ts";
import { benchImages } from "../fleet/images.ts";
import { Histogram } from "./histogram.ts";
import { type Identity, identityOf, Template } from "../fleet/template.ts";
import { type LivePlan, type LiveReport, scaleNodeKey } from "./messages.ts";

/**
 * A fleet that lives: every device polls at its own moment, again and again, and reports when it is asked to. The load is open: what is
 * due is sent whether or not the server has answered what came before, so a server that falls behind shows it in the latencies, which
 * count from the moment a request was due.
 */

const HEADERS = "accept: application/json\r\nuser-agent: osquery/5.23.0\r\n";
const TICK_MS = 2;
const ERROR_SAMPLES_MAX = 10;

interface Fleet {
  plan: LivePlan;
  templates: Template[];
  /** By device: how often its software changed, and whether it reported. */
  generations: Uint16Array;
  reported: Uint8Array;
  bodies: Buffer[];
  polls: Histogram;
  checkIns: Histogram;
  changed: number;
  rows: number;
  errors: number;
  errorSamples: string[];
}

interface Due {
  device: number;
  /** performance.now() at which it should have been sent. */
  at: number;
}

async function live(plan: LivePlan): Promise<LiveReport> {
  const fleet = createFleet(plan);
  const idle = await Promise.all(Array.from({ length: plan.connections }, () => Connection.open(plan.port)));
  const queue: Due[] = [];
  let head = 0;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const end = started + plan.seconds * 1000;
  const gap = (plan.pollSeconds * 1000) / plan.devices;
  let next = 0;
  let running = 0;
  while (performance.now() < end) {
    const now = performance.now();
    for (; started + next * gap <= now; next++) queue.push({ device: next % plan.devices, at: started + next * gap });
    while (head < queue.length && idle.length > 0) {
      const connection = idle.pop();
      const due = queue[head++];
      if (connection === undefined || due === undefined) break;
      running++;
      void visit(fleet, connection, due).then(
        (usable) => {
          running--;
          return idle.push(usable);
        },
        () => running--, // the server does not take connections any more; the error is counted
      );
    }
    if (head > 100_000) head = (queue.splice(0, head), 0);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const backlog = queue.length - head;
  while (running > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const connection of idle) connection.close();
  return report(fleet, (performance.now() - started) / 1000, backlog, process.cpuUsage(cpu));
}

function createFleet(plan: LivePlan): Fleet {
  return {
    plan,
    templates: benchImages().images.map(prepared),
    generations: new Uint16Array(plan.devices),
    reported: new Uint8Array(plan.devices),
    bodies: Array.from({ length: plan.devices }, (_, n) => Buffer.from(`{"node_key":${JSON.stringify(scaleNodeKey(n))}}`)),
    polls: new Histogram(),
    checkIns: new Histogram(),
    changed: 0,
    rows: 0,
    errors: 0,
    errorSamples: [],
  };
}

/** Before the run: answering the server's SQL for the first time takes a while, in which nothing else would be sent. */
function prepared(image: Image): Template {
  const template = new Template(image);
  const asked = { platform: image.host.platform, osquery_version: "5.23.0", refetch_requested: false, muster_reports: false };
  template.prepare(readResponse(asked));
  return template;
}

/** One poll, and the report when one is wanted. Gives back a connection that can be used: a new one after a failure. */
async function visit(fleet: Fleet, connection: Connection, due: Due): Promise<Connection> {
  try {
    const body = fleet.bodies[due.device] ?? Buffer.alloc(0);
    const answer = await connection.send("POST", "/api/osquery/distributed/read", HEADERS, body);
    fleet.polls.add(performance.now() - due.at);
    if (answer.body.length > 2) await checkIn(fleet, connection, due.device, answer);
    else expectEmpty(answer);
    return connection;
  } catch (error) {
    fleet.errors++;
    if (fleet.errorSamples.length < ERROR_SAMPLES_MAX) fleet.errorSamples.push(String(error).slice(0, 500));
    connection.close();
    return Connection.open(fleet.plan.port);
  }
}

async function checkIn(fleet: Fleet, connection: Connection, device: number, answer: Answer): Promise<void> {
  if (!("queries" in parsedAnswer(answer))) throw new Error(`no queries: ${answer.body.toString().slice(0, 300)}`);
  const { template, source } = prototypeOf(fleet, device);
  const changes = Math.random() * 1000 < fleet.plan.changedPerMille;
  const generation = (fleet.generations[device] ?? 0) + (changes ? 1 : 0);
  const written = template.writeBody(source, generation, identity(device), scaleNodeKey(device));
  const sent = performance.now();
  expectEmpty(await connection.send("POST", "/api/osquery/distributed/write", HEADERS, written.body));
  fleet.checkIns.add(performance.now() - sent);
  // acknowledged: from now on the server must hold exactly this
  fleet.generations[device] = generation;
  fleet.reported[device] = 1;
  fleet.rows += written.rows;
  if (written.changed > 0 && changes) fleet.changed++;
}

function identity(device: number): Identity {
  return identityOf(`scale-${device}`);
}

/** The image that a device was made of, and the index of the prototype whose rows it has. */
function prototypeOf({ plan, templates }: Fleet, device: number): { template: Template; source: number } {
  const source = plan.prototypes[device % plan.prototypes.length] ?? 0;
  const template = templates[source % templates.length];
  if (template === undefined) throw new Error("no images");
  return { template, source };
}

function report(fleet: Fleet, seconds: number, backlog: number, cpu: NodeJS.CpuUsage): LiveReport {
  return {
    seconds,
    polls: fleet.polls.figures(seconds),
    checkIns: fleet.checkIns.figures(seconds),
    changed: fleet.changed,
    rows: fleet.rows,
    errors: fleet.errors,
    errorSamples: fleet.errorSamples,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    reported: fleet.reported.reduce((sum, one) => sum + one, 0),
    expectedLinks: expectedLinks(fleet),
    backlog,
  };
}

/** Of the devices that reported, by the domain's own rules; devices of one prototype and one generation hold as many rows as each other. */
function expectedLinks(fleet: Fleet): number {
  const known = new Map<string, number>();
  let links = 0;
  for (let device = 0; device < fleet.plan.devices; device++) {
    if (fleet.reported[device] !== 1) continue;
    const { template, source } = prototypeOf(fleet, device);
    const generation = fleet.generations[device] ?? 0;
    const key = `${source}/${generation}`;
    let rows = known.get(key);
    if (rows === undefined) {
      rows = expectedSoftware(template.writeBody(source, generation, identity(device), "").body);
      known.set(key, rows);
    }
    links += rows;
  }
  return links;
}

const plan = JSON.parse(process.argv[2] ?? "{}") as LivePlan;
process.stdout.write(`${JSON.stringify(await live(plan))}\n`);
