import type { GeneratorClient } from "./fleet/generator-client.ts";
import type { LoadReport } from "./fleet/messages.ts";
import { measure, type Measured, type Measurement } from "./measure.ts";
import type { BenchOptions } from "./options.ts";
import type { TableSize } from "./system/database.ts";

/** What the scenarios work with; the server may be another one from phase to phase. */
export interface Stage extends Measured {
  port: number;
  generator: GeneratorClient;
  options: BenchOptions;
  adminToken: string;
  say: (line: string) => void;
  /** Takes a profile of what runs in between, when one was asked for. */
  profiled<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** A figure is only worth something when the work behind it was really done. */
class WrongResult extends Error {
  override readonly name = "WrongResult";
}

const SAMPLE_HOSTS = 40;
/** First check-ins are bounded by their number; this ends them on a machine that is far too slow. */
const FIRST_SECONDS_MAX = 600;

/** Phase 1: the server asks at every poll, so that every check-in is a full report. */
export async function reportScenarios(stage: Stage): Promise<{ measurements: Measurement[]; sizes: TableSize[] }> {
  const { generator, database, options } = stage;
  const { connections, seconds } = options;
  const enrolled = await run(stage, "osquery: enrolments", "enrolments", () => generator.load({ kind: "enroll", connections }));
  const early = Math.ceil(options.hosts / 2);
  const first = await run(
    stage,
    "osquery: first check-ins",
    "check-ins",
    withFold(stage, () => generator.load({ kind: "first", connections, seconds: FIRST_SECONDS_MAX, hosts: early })),
  );
  // what a large fleet does: nearly all that a new device brings, others have brought before
  const known = await run(
    stage,
    "osquery: first check-ins, catalogue known",
    "check-ins",
    withFold(stage, () => generator.load({ kind: "first", connections, seconds: FIRST_SECONDS_MAX, after: early })),
  );
  await expectChanges(stage, first.count + known.count, "first check-ins");
  await expectSoftware(stage);
  await expectLinks(stage, "first check-ins");
  const sizes = await database.tableSizes();
  const changesBefore = await database.softwareChanges();
  const unchanged = await run(stage, "osquery: unchanged check-ins", "check-ins", () =>
    generator.load({ kind: "unchanged", connections, seconds }),
  );
  // against the bare server that parses and digests: it is sent no reads either
  const writes = await run(stage, "osquery: unchanged check-ins, writes alone", "writes", () =>
    generator.load({ kind: "rewrite", connections, seconds }),
  );
  await expectChanges(stage, changesBefore, "unchanged check-ins");
  await expectLinks(stage, "unchanged check-ins");
  const changed = await run(
    stage,
    "osquery: check-ins, 1 % changed",
    "check-ins",
    withFold(stage, () => generator.load({ kind: "changed", connections, seconds })),
  );
  await expectChanges(stage, changesBefore + changed.changedReports, "changed check-ins");
  await expectSoftware(stage);
  await expectLinks(stage, "changed check-ins");
  return { measurements: [enrolled, first, known, unchanged, writes, changed], sizes };
}

/** Phase 2: the usual interval, so that nothing is due after the reports of phase 1. */
export async function pollScenarios(stage: Stage): Promise<Measurement[]> {
  const { generator, options, database } = stage;
  const { connections, seconds } = options;
  const pollers = connections * 2;
  const poll = (kind: "poll" | "musterPoll") => () => generator.load({ kind, connections: pollers, seconds });
  const polls = await run(stage, "osquery: polls, nothing due", "polls", poll("poll"), pollers);
  const enrolled = await run(stage, "muster: enrolments", "enrolments", () =>
    generator.load({ kind: "musterEnroll", connections }),
  );
  const changesBefore = await database.softwareChanges();
  const first = await run(
    stage,
    "muster: first check-ins",
    "check-ins",
    withFold(stage, () => generator.load({ kind: "musterFirst", connections, seconds: FIRST_SECONDS_MAX })),
  );
  const changes = await database.softwareChanges();
  if (changes - changesBefore < first.count) throw new WrongResult("first check-ins of Muster's agent left no software");
  await expectLinks(stage, "first check-ins of Muster's agent");
  const unchanged = await run(stage, "muster: unchanged check-ins", "check-ins", () =>
    generator.load({ kind: "musterUnchanged", connections, seconds }),
  );
  await expectChanges(stage, changes, "unchanged check-ins of Muster's agent");
  await expectLinks(stage, "unchanged check-ins of Muster's agent");
  const held = await run(stage, "muster: polls", "polls", poll("musterPoll"), pollers);
  return [polls, enrolled, first, unchanged, held];
}

/** Lists as the web UI and API clients ask for them, over all that the scenarios before have loaded. */
export async function listScenarios(stage: Stage): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const connections = Math.min(4, stage.options.connections);
  for (const [name, path] of await lists(stage)) {
    const seconds = Math.max(1, stage.options.seconds / 5);
    const load = (): Promise<LoadReport> => stage.generator.load({ kind: "get", path, connections, seconds });
    measurements.push(await run(stage, `list: ${name}`, "answers", load, connections));
  }
  return measurements;
}

async function lists(stage: Stage): Promise<[name: string, path: string][]> {
  const api = "/api/v1/fleet";
  const [host] = await stage.database.query<{ id: string }>("SELECT id FROM hosts ORDER BY software_count DESC LIMIT 1");
  const byName = `${api}/software/titles?order_key=name&order_direction=asc`;
  const page = await get<{ meta: { next_cursor?: string } }>(stage, byName);
  const cursor = encodeURIComponent(page.meta.next_cursor ?? "");
  const titles = await get<{ software_titles: { id: number }[] }>(stage, `${api}/software/titles`);
  return [
    ["hosts", `${api}/hosts`],
    ["hosts, search", `${api}/hosts?query=bench-7`],
    ["a host", `${api}/hosts/${host?.id}`],
    ["a host's software", `${api}/hosts/${host?.id}/software`],
    ["titles by hosts", `${api}/software/titles`],
    ["titles by name", byName],
    ["titles by name, after a cursor", `${byName}&after=${cursor}`],
    ["titles, search", `${api}/software/titles?query=lib`],
    ["a title", `${api}/software/titles/${titles.software_titles[0]?.id}`],
    ["versions by hosts", `${api}/software/versions`],
    ["versions, search", `${api}/software/versions?query=openssl`],
  ];
}

/**
 * A load of reports with what it leaves to be done later: the first list after it folds its changes into the counts. So that its CPU counts,
 * and that it does not weigh on the next scenario. Its time does not: lists wait for it, and reports do not.
 */
function withFold(stage: Stage, load: () => Promise<LoadReport>): () => Promise<LoadReport> {
  return async () => {
    const report = await load();
    await get(stage, "/api/v1/fleet/software/titles");
    return report;
  };
}

async function get<T>(stage: Stage, path: string): Promise<T> {
  const reply = await fetch(`http://127.0.0.1:${stage.port}${path}`, {
    headers: { authorization: `Bearer ${stage.adminToken}` },
  });
  if (!reply.ok) throw new WrongResult(`${path}: status ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

async function run(
  stage: Stage,
  name: string,
  unit: string,
  load: () => Promise<LoadReport>,
  connections = stage.options.connections,
): Promise<Measurement> {
  const done = await stage.profiled(name, () => measure(stage, { name, unit, connections }, load));
  const { count, seconds, perSecond, latency, errors } = done;
  stage.say(
    `${name}: ${count} ${unit} in ${seconds.toFixed(1)} s, ${perSecond.toFixed(1)}/s, p95 ${latency.p95.toFixed(1)} ms, ${errors} errors`,
  );
  if (errors > 0) throw new WrongResult(`${name}: ${errors} errors:\n${done.errorSamples.join("\n")}`);
  if (count === 0) throw new WrongResult(`${name}: nothing was done`);
  return done;
}

async function expectChanges(stage: Stage, expected: number, what: string): Promise<void> {
  const changes = await stage.database.softwareChanges();
  if (changes !== expected)
    throw new WrongResult(`after the ${what} the hosts' software changed ${changes} times, not ${expected}`);
}

/** The server holds for some hosts exactly what they sent, counted by the domain's own rules. */
async function expectSoftware(stage: Stage): Promise<void> {
  const expected = await stage.generator.expect(SAMPLE_HOSTS);
  const held = await stage.database.softwareCounts(expected.map((host) => host.hostname));
  for (const { hostname, software } of expected) {
    if (held.get(hostname) !== software)
      throw new WrongResult(`${hostname} holds ${held.get(hostname)} rows of software, not ${software}`);
  }
}

/** Every row that was sent is stored, and nothing else: hosts times items. */
export async function expectLinks(stage: Stage, what: string): Promise<void> {
  const expected = await stage.generator.expectLinks();
  const links = await stage.database.rowCount("host_software");
  if (links !== expected)
    throw new WrongResult(`after the ${what} there are ${links} links of hosts to software, not ${expected}`);
}
