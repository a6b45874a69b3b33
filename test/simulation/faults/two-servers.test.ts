import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "#client/api.ts";
import { ApiError, createClient } from "#client/client.ts";
import type { Client } from "#client/client.ts";
import { AGENT_PREFIX } from "#protocol/agent/messages.ts";
import { startServerProcess } from "#test/e2e/server-process.ts";
import type { ServerProcess } from "#test/e2e/server-process.ts";
import { emptyDatabase } from "#test/support/postgres.ts";
import { openDatabase } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { debs, holding } from "../support/entries.ts";
import { MusterDevice } from "../support/muster-device.ts";
import { storedSoftware, wrongStoredCounts } from "../support/stored.ts";
import { until } from "../support/until.ts";

/** Two processes of one Muster, started at the same moment on an empty database: neither knows anything that the other does not. */
const SECRET = "simulated-enroll-secret";
const TOKEN = "simulated-administrator-token";
const USER = { email: "ada@example.org", password: "a long enough passphrase", name: "Ada" };

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let handles: DatabaseHandles;
let first: ServerProcess;
let second: ServerProcess;

beforeAll(async () => {
  database = await emptyDatabase();
  const env = {
    MUSTER_ENROLL_SECRET: SECRET,
    MUSTER_ADMIN_TOKEN: TOKEN,
    MUSTER_FEEDS: "off",
    MUSTER_LOCAL_DEVICE: "off",
    MUSTER_LOG_LEVEL: "warn",
    DATABASE_URL: database.url,
  };
  [first, second] = await Promise.all([startServerProcess({ env }), startServerProcess({ env })]);
  handles = openDatabase({ url: database.url, replicaUrl: null, log: createLog("silent"), max: 2 });
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await handles?.close();
  await database?.drop();
});

const client = (server: ServerProcess, token = TOKEN): Client => createClient({ baseUrl: server.url, token });

describe("two servers on one database", () => {
  test("both start on an empty one, at once", () => {
    expect(`${first.output()}${second.output()}`).not.toMatch(/error|defect/i);
  });

  test("take the reports of one host in turn and at once", async () => {
    const device = new MusterDevice({ hostname: "both", enrollSecret: SECRET });
    for (let round = 1; round <= 6; round++) {
      await device.report((round % 2 === 0 ? first : second).url, holding(...debs(10, "p", `${round}`)));
      expect(await storedSoftware(handles.primary, device.hostId)).toEqual(
        debs(10, "p", `${round}`).map((e) => `deb_packages|${e.name}|${round}`),
      );
    }
    await Promise.all([first, second, first, second].map(({ url }) => device.report(url, holding(...debs(12)))));
    expect(await storedSoftware(handles.primary, device.hostId)).toHaveLength(12);
    expect(await wrongStoredCounts(handles.primary)).toEqual([]);
    const shown = await Promise.all(
      [first, second].map((s) => client(s).call(api.getHost, { params: { id: device.hostId }, query: {} })),
    );
    expect(shown[0]?.host.hostname).toBe("both");
    expect(shown[1]?.host.id).toBe(shown[0]?.host.id);
  });

  test("run each timer's job once", async () => {
    const ran = async (): Promise<number> => (await jobRuns(first)) + (await jobRuns(second));
    await until("the hourly job ran", async () => (await ran()) > 0);
    // both keep polling the queue: a second run would come within a poll
    await new Promise((resolve) => setTimeout(resolve, 4500));
    expect(await ran()).toBe(1);
  });

  test("hear each other's signals: a poll held by one ends when the other is asked for a refetch", async () => {
    const device = new MusterDevice({ hostname: "signalled", enrollSecret: SECRET });
    await device.report(first.url, holding(...debs(3)));
    const startedAt = performance.now();
    const poll = fetch(`${first.url}${AGENT_PREFIX}/poll`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `NodeKey ${device.nodeKey}` },
      body: JSON.stringify({ wait_seconds: 60 }),
    }).then(async (answer) => (await answer.json()) as { refetch: boolean });
    await until("the poll is held", async () => /^muster_agent_polls_held 1/m.test(await metrics(first)));
    await client(second).call(api.refetchHost, { params: { id: device.hostId } });
    expect(await poll).toMatchObject({ refetch: true });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  test("share users and sessions: logged in at one is logged in at the other, and logged out as well", async () => {
    const code = /\/setup\?code=(\S+)/.exec(first.output() + second.output())?.[1] ?? "";
    const { token } = await client(first, "").call(api.setup, { body: { setup_code: code, ...USER } });
    const own = client(second, token);
    expect((await own.call(api.me)).user.email).toBe(USER.email);
    await client(first, token).call(api.logout);
    await expect(own.call(api.me)).rejects.toThrow(ApiError);
    const again = await client(second, "").call(api.login, { body: { email: USER.email, password: USER.password } });
    expect((await client(first, again.token).call(api.me)).user.name).toBe(USER.name);
  });

  test("go on alone when the other is killed", async () => {
    const device = new MusterDevice({ hostname: "survivor", enrollSecret: SECRET });
    await device.report(first.url, holding(...debs(5)));
    await first.kill();
    await device.report(second.url, holding(...debs(6)));
    expect(await storedSoftware(handles.primary, device.hostId)).toHaveLength(6);
    expect(await wrongStoredCounts(handles.primary)).toEqual([]);
  });
});

async function metrics(server: ServerProcess): Promise<string> {
  return (await fetch(`${server.url}/metrics`)).text();
}

async function jobRuns(server: ServerProcess): Promise<number> {
  return Number(
    /^muster_jobs_total\{job="inventory-sweep-orphans",outcome="done"\} (\d+)/m.exec(await metrics(server))?.[1] ?? 0,
  );
}
