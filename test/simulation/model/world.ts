import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { cutProxy } from "../support/cut-proxy.ts";
import type { CutProxy } from "../support/cut-proxy.ts";
import { installFaults } from "../support/fault-triggers.ts";
import { localServer, SIMULATED_SECRET } from "../support/local-server.ts";
import type { LocalServer } from "../support/local-server.ts";
import { NotAnswered } from "../support/muster-device.ts";
import { SnapshotReplica } from "../support/snapshot-replica.ts";
import { SimulatedMusterDevice, SimulatedOsqueryDevice } from "./device.ts";
import type { SimulatedDevice } from "./device.ts";
import { simulationLibrary } from "./library.ts";
import type { Random } from "./random.ts";

/** Attempts of one device to be heard; osquery makes them for ever. */
const ATTEMPTS_MAX = 400;
const PAUSE_MS = 20;
const SERVERS = 2;

/** What was true at a moment when nothing was under way. */
export interface Moment {
  at: Date;
  step: number;
  /** Host name → what it held: identity keys. */
  held: Map<string, string[]>;
}

interface RunningServer {
  server: LocalServer;
  proxy: CutProxy;
}

/** Servers, database and devices of one seed. */
export class World {
  readonly random: Random;
  readonly databaseUrl: string;
  readonly handles: DatabaseHandles;
  readonly replica: SnapshotReplica;
  readonly devices: SimulatedDevice[];
  readonly moments: Moment[] = [];
  /** Labels that exist, by id: the hosts put in by hand. */
  readonly labels = new Map<number, Set<string>>();
  /** How often each fault happened, for the summary. */
  readonly done = new Map<string, number>();
  readonly #servers: RunningServer[] = [];

  private constructor(random: Random, databaseUrl: string, devices: number) {
    this.random = random;
    this.databaseUrl = databaseUrl;
    this.handles = openDatabase({ url: databaseUrl, replicaUrl: null, log: createLog("silent"), max: 4 });
    this.replica = new SnapshotReplica(databaseUrl);
    const library = simulationLibrary();
    this.devices = Array.from({ length: devices }, (_, i) => {
      const image = library[(i + random.int(0, 1)) % library.length] ?? random.pick(library);
      const hostname = `sim-${i}`;
      return image.family === "linux" && random.chance(0.7)
        ? new SimulatedMusterDevice(hostname, image, SIMULATED_SECRET)
        : new SimulatedOsqueryDevice(hostname, image, SIMULATED_SECRET);
    });
  }

  static async make(random: Random, databaseUrl: string, devices: number): Promise<World> {
    const world = new World(random, databaseUrl, devices);
    await installFaults(world.handles.primary);
    for (let i = 0; i < SERVERS; i++) world.#servers.push(await world.#startServer());
    return world;
  }

  count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  server(index = 0): LocalServer {
    const running = this.#servers[index % SERVERS];
    if (running === undefined) throw new Error("no server");
    return running.server;
  }

  /** Where devices reach a server. */
  url(index: number): string {
    return this.#servers[index % SERVERS]?.proxy.url ?? "";
  }

  /** Ends one server as `kill -9` would, and starts another in its place. */
  async crashServer(index: number): Promise<void> {
    const running = this.#servers[index % SERVERS];
    await running?.server.crash();
    await running?.proxy.close();
    this.#servers[index % SERVERS] = await this.#startServer();
  }

  /** Reports until the server acknowledged it: through one server after the other, as a load balancer would. */
  async deliver(device: SimulatedDevice, firstServer: number): Promise<void> {
    let last: unknown = null;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        await device.send(this.url(firstServer + attempt));
        device.acknowledge();
        return;
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
        last = error;
        this.count("repeated");
        await delay(PAUSE_MS);
      }
    }
    throw new Error(`${device.hostname} was not heard in ${ATTEMPTS_MAX} attempts`, { cause: last });
  }

  async hostId(hostname: string): Promise<number | null> {
    const row = await this.handles.primary.selectFrom("hosts").select("id").where("hostname", "=", hostname).executeTakeFirst();
    return row?.id ?? null;
  }

  async close(): Promise<void> {
    for (const { server, proxy } of this.#servers) {
      await proxy.close();
      await server.stop();
    }
    await this.replica.close();
    await this.handles.close();
  }

  async #startServer(): Promise<RunningServer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const server = await localServer({
          databaseUrl: this.databaseUrl,
          replica: (primary) => this.replica.databaseFor(primary),
          inventoryIntervalSeconds: 0,
          connections: 6,
        });
        return { server, proxy: await cutProxy(server.url) };
      } catch (error) {
        if (attempt > 50) throw error; // the database may be coming back
        await delay(PAUSE_MS * 5);
      }
    }
  }
}
