import { sql } from "kysely";
import { api } from "#client/api.ts";
import { beingCounted } from "#client/being-counted.ts";
import { countLabels } from "#server/inventory/count-labels.ts";
import { settleCounts } from "#server/inventory/settle-counts.ts";
import { sweepOrphans } from "#server/inventory/sweep-orphans.ts";
import { endFaults, failNextWrites, FAULTY_TABLES } from "../support/fault-triggers.ts";
import { holdHost } from "../support/hold-host.ts";
import { NotAnswered } from "../support/muster-device.ts";
import { until } from "../support/until.ts";
import type { SimulatedDevice } from "./device.ts";
import type { World } from "./world.ts";

/** How often each kind of step is taken, relative to the others. */
const WEIGHTS = {
  reports: 40,
  lostAnswers: 8,
  duplicates: 6,
  reordering: 6,
  sourceFailure: 5,
  reEnrollment: 4,
  deletion: 4,
  killBetweenPhases: 4,
  serverCrash: 2,
  databaseCrash: 1,
  replica: 6,
  cleanUp: 6,
  conflicts: 6,
  label: 5,
};
export type StepKind = keyof typeof WEIGHTS;

const CONFLICTS = ["40001", "40P01", "55P03"];
const LABELS_MAX = 3;

/** Decides the next step. Decisions depend on the seed alone, never on how fast something was or what failed. */
export function nextStep(world: World): { kind: StepKind; run: () => Promise<void> } {
  const kind = world.random.weighted(WEIGHTS);
  const run = STEPS[kind](world);
  return { kind, run };
}

/** Some devices change, and all report at once. */
function changing(world: World, most = 5): { device: SimulatedDevice; server: number }[] {
  const { random } = world;
  return random.some(world.devices, random.int(1, most)).map((device) => {
    for (let n = random.int(0, 4); n > 0; n--) device.mutate(random);
    return { device, server: random.int(0, 1) };
  });
}

async function deliverAll(world: World, reporting: { device: SimulatedDevice; server: number }[]): Promise<void> {
  await Promise.all(reporting.map(({ device, server }) => world.deliver(device, server)));
}

/** Each takes its decisions when it is called, and acts when what it returns is. */
const STEPS: Record<StepKind, (world: World) => () => Promise<void>> = {
  reports: (world) => {
    const reporting = changing(world, 8);
    return () => deliverAll(world, reporting);
  },

  lostAnswers: (world) => {
    const reporting = changing(world);
    return async () => {
      for (const { device } of reporting) device.loseNextAnswer();
      await deliverAll(world, reporting);
    };
  },

  duplicates: (world) => {
    const reporting = changing(world, 3);
    return async () => {
      const twice = reporting.flatMap(({ device, server }) => [server, server + 1, server].map((s) => [device, s] as const));
      await deliverAll(world, reporting);
      await Promise.all(twice.map(([device, server]) => device.send(world.url(server)).catch(ignoreNotAnswered)));
      await deliverAll(world, reporting);
    };
  },

  reordering: (world) => {
    const { random } = world;
    const device = random.pick(world.devices);
    const late = device.keep();
    for (let n = random.int(1, 4); n > 0; n--) device.mutate(random);
    const server = random.int(0, 1);
    return async () => {
      await world.deliver(device, server);
      await late(world.url(server + 1)).catch(ignoreNotAnswered);
      await world.deliver(device, server); // the next check-in puts it right
    };
  },

  sourceFailure: (world) => {
    const reporting = changing(world, 3);
    for (const { device } of reporting) device.failSomething(world.random);
    return () => deliverAll(world, reporting);
  },

  reEnrollment: (world) => {
    const reporting = changing(world, 2);
    return async () => {
      for (const { device } of reporting) device.forgetKey();
      await deliverAll(world, reporting);
    };
  },

  deletion: (world) => {
    const reporting = changing(world, 2);
    return async () => {
      const deletions = reporting.map(({ device }) => deleteHost(world, device));
      // while it is being deleted it may report: taken before, refused, or a new host
      await Promise.all([
        ...deletions,
        ...reporting.map(({ device, server }) => device.send(world.url(server)).catch(ignoreNotAnswered)),
      ]);
      await deliverAll(world, reporting);
      for (const { device } of reporting) world.count(`deleted ${device.hostname}`);
    };
  },

  killBetweenPhases: (world) => {
    const [chosen] = changing(world, 1);
    return async () => {
      if (chosen === undefined) return;
      await killBetweenPhases(world, chosen.device, chosen.server);
    };
  },

  serverCrash: (world) => {
    const reporting = changing(world, 8);
    const server = world.random.int(0, 1);
    return async () => {
      const delivered = deliverAll(world, reporting);
      await world.crashServer(server);
      await delivered;
    };
  },

  databaseCrash: (world) => {
    const reporting = changing(world, 8);
    return async () => {
      const delivered = deliverAll(world, reporting);
      await killBackend(world);
      await delivered;
      await until("the database answers", () =>
        world.handles.pool.query("SELECT 1").then(
          () => true,
          () => false,
        ),
      ); // oxlint-disable-line promise/prefer-await-to-then
    };
  },

  replica: (world) => {
    const mode = world.random.weighted({ following: 2, standing: 3, stopped: 1 });
    const reporting = changing(world);
    return async () => {
      await world.replica.setMode(mode);
      await deliverAll(world, reporting);
    };
  },

  cleanUp: (world) => {
    const reporting = changing(world, 8);
    return async () => {
      const clean = async (): Promise<void> => {
        await sweepNow(world).catch(() => undefined); // gave up rather than hold the check-ins: the next one does it
        await settleCounts(world.handles.primary);
      };
      await Promise.all([deliverAll(world, reporting), clean(), clean()]);
    };
  },

  conflicts: (world) => {
    const reporting = changing(world);
    const [table, state, count] = [world.random.pick(FAULTY_TABLES), world.random.pick(CONFLICTS), world.random.int(1, 12)];
    return async () => {
      await failNextWrites(world.handles.primary, table, state, count);
      await deliverAll(world, reporting);
      await endFaults(world.handles.primary);
    };
  },

  label: (world) => {
    const { random } = world;
    const isNew = world.labels.size < LABELS_MAX && random.chance(0.6);
    const add = random.some(world.devices, random.int(1, 5)).map((d) => d.hostname);
    const remove = random.some(world.devices, random.int(0, 3)).map((d) => d.hostname);
    const number = random.int(0, LABELS_MAX - 1);
    const reporting = changing(world);
    return async () => {
      await Promise.all([
        deliverAll(world, reporting),
        changeLabel(world, isNew ? null : number, add, remove),
        askForLabels(world),
        recountLabels(world),
      ]);
    };
  },
};

function ignoreNotAnswered(error: unknown): void {
  if (!(error instanceof NotAnswered)) throw error;
}

/** Everything that nobody holds is past its grace. */
export async function sweepNow(world: World): Promise<number> {
  const now = (): Date => new Date(Date.now() + 60_000);
  return sweepOrphans({ db: world.handles.primary, now }, new AbortController().signal, 0);
}

async function deleteHost(world: World, device: SimulatedDevice): Promise<void> {
  const id = await world.hostId(device.hostname);
  if (id === null) return;
  await world.server(0).client.call(api.deleteHost, { params: { id } });
  device.forgetAll();
}

async function killBetweenPhases(world: World, device: SimulatedDevice, server: number): Promise<void> {
  const id = await world.hostId(device.hostname);
  if (id === null) return world.deliver(device, server);
  const held = await holdHost(world.databaseUrl, id);
  let over = false;
  const report = device
    .send(world.url(server))
    .catch(ignoreNotAnswered)
    .finally(() => (over = true));
  // an unchanged report has no second phase
  await until("the check-in stands between its phases", async () => over || (await held.waiting()).length > 0);
  if (!over) world.count("killed between phases");
  await world.crashServer(server);
  await held.release();
  await report;
  await world.deliver(device, server + 1);
}

/** PostgreSQL ends all sessions and recovers when one of its processes dies: a crash of the database, as hard as can be. */
async function killBackend(world: World): Promise<void> {
  const { rows } = await sql<{ pid: number }>`
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1`.execute(
    world.handles.primary,
  );
  const pid = rows[0]?.pid;
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

/** Lists by label count members that are not counted yet: here while they report, join and leave. */
async function askForLabels(world: World): Promise<void> {
  const { client } = world.server(1);
  await Promise.all(
    [...world.labels.keys()].map((label_id) => onceCounted(() => client.call(api.listSoftwareVersions, { query: { label_id } }))),
  );
}

/** Counts all labels as wholes, a host at a time, as large ones are: here while they report, join and leave. */
async function recountLabels(world: World): Promise<void> {
  const { primary } = world.handles;
  await sql`INSERT INTO label_count_runs (label_id) SELECT id FROM labels WHERE counted_at IS NOT NULL ON CONFLICT DO NOTHING`.execute(
    primary,
  );
  await countLabels(primary, { sizes: { hostsMarked: 2, hostsSummed: 1, countsWritten: 50 } });
}

/** Asks as clients do: again when the label is being counted. */
async function onceCounted<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the same call until it succeeds
      return await ask();
    } catch (error) {
      if (beingCounted(error) === null) throw error;
    }
  }
}

async function changeLabel(world: World, number: number | null, add: string[], remove: string[]): Promise<void> {
  const { client } = world.server(0);
  const ids = async (names: string[]): Promise<number[]> =>
    (await Promise.all(names.map((name) => world.hostId(name)))).filter((id) => id !== null);
  if (number === null) {
    const name = `label ${world.labels.size}`;
    const { label } = await client.call(api.createLabel, { body: { name, host_ids: await ids(add) } });
    world.labels.set(label.id, new Set(add));
    await onceCounted(() => client.call(api.listSoftwareTitles, { query: { label_id: label.id } })); // it is counted as they join
    return;
  }
  const [id, members] = [...world.labels][number] ?? [];
  if (id === undefined || members === undefined) return;
  const leaving = remove.filter((name) => !add.includes(name));
  await client.call(api.changeLabelHosts, { params: { id }, body: { add: await ids(add), remove: await ids(leaving) } });
  for (const name of add) members.add(name);
  for (const name of leaving) members.delete(name);
}
