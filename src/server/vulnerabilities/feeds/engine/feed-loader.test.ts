import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "#server/observe/log.ts";
import { openMatching, type MatchingInventory } from "#test/support/matching.ts";
import { PATIENT } from "#test/support/patience.ts";
import { scratchDirectory, type Scratch } from "#test/support/scratch.ts";
import { assignScopes } from "../../matching/assign-scopes.ts";
import { FeedLoader } from "./feed-loader.ts";
import type { LoaderOrder } from "./loader-process.ts";

/** A publisher that takes requests and never answers: a load hangs until it is told to stop. */
let publisher: Server;
let requests = 0;
let scratch: Scratch;
let fleet: MatchingInventory;
let order: LoaderOrder;

beforeEach(async () => {
  requests = 0;
  publisher = createServer(() => void (requests += 1)).listen(0, "127.0.0.1");
  await once(publisher, "listening");
  [scratch, fleet] = await Promise.all([scratchDirectory("muster-loader-"), openMatching()]);
  // nothing is loaded for a fleet without hosts
  await fleet.host();
  await assignScopes(fleet.database.db);
  const feedsMirror = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}`;
  const config = { dataDir: scratch.directory, feedsDir: null, feedsMirror, feeds: true };
  order = { databaseUrl: fleet.database.url, logLevel: "silent", config };
});
afterEach(async () => {
  publisher.closeAllConnections();
  publisher.close();
  await fleet.database.close();
  await scratch.remove();
});

async function untilItLoads(): Promise<void> {
  await expect.poll(() => requests, PATIENT).toBeGreaterThan(0);
}

test("a server that stops ends the process in the middle of a load, and the next server loads at once", async () => {
  const loader = new FeedLoader({ order, log: createLog("silent") });
  loader.start();
  await untilItLoads();
  expect(loader.running).toBe(true);
  await loader.stop();
  expect(loader.running).toBe(false);
  loader.start();
  expect(loader.running).toBe(false);

  const asked = requests;
  const next = new FeedLoader({ order, log: createLog("silent") });
  next.start();
  await expect.poll(() => requests, PATIENT).toBeGreaterThan(asked);
  await next.stop();
});

test.each([
  ["is told to stop", (child: ChildProcess) => void child.kill("SIGTERM")],
  ["lost its server, however that ended", (child: ChildProcess) => child.disconnect()],
])("the process ends by itself once it %s", async (_, end) => {
  const child = fork(new URL("loader-process.ts", import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  scratch.watch(child.pid);
  const exited = once(child, "exit");
  child.send(order);
  await untilItLoads();
  end(child);
  expect(await exited).toEqual([0, null]);
});
