import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSignals } from "#server/notify/signals.ts";
import type { Signals } from "#server/notify/signals.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { deleteHost } from "./delete-hosts.ts";
import { enrollHost } from "./enroll-host.ts";
import { enrollInput } from "#test/support/devices.ts";
import { PATIENT } from "#test/support/patience.ts";
import { NodeSessions, SESSIONS_CHANNEL } from "./node-sessions.ts";
import { HOST_CHANNEL, requestRefetch } from "./request-refetch.ts";

/** One server process: its own signals and its own memory, on the common database. */
interface Process {
  signals: Signals;
  sessions: NodeSessions;
}

let fixture: DevicesFixture;
let here: Process;
let there: Process;

beforeEach(async () => {
  fixture = await devicesFixture();
  [here, there] = await Promise.all([startProcess(), startProcess()]);
});
afterEach(async () => {
  for (const { sessions } of [here, there]) sessions.stop();
  await Promise.all([here.signals.close(), there.signals.close()]);
  await fixture.close();
});

async function startProcess(): Promise<Process> {
  const { db, log, database } = fixture;
  const signals = createSignals({ url: database.url, db, log });
  const sessions = new NodeSessions(fixture, signals);
  await vi.waitUntil(() => isListening(signals), PATIENT);
  return { signals, sessions };
}

function isListening(signals: Signals): boolean {
  let now = false;
  signals.watch((listening) => (now = listening))();
  return now;
}

async function keptThere(): Promise<{ host_id: number; node_key: string }> {
  const enrolled = await fixture.enroll();
  await there.sessions.read(enrolled.node_key);
  expect(there.sessions.kept(enrolled.node_key)).toMatchObject({ host_id: enrolled.host_id, refetch_requested: false });
  return enrolled;
}

test("what was read once is answered from memory, and keys that nobody holds are not remembered", async () => {
  const { node_key, host_id } = await keptThere();
  const queries = vi.spyOn(fixture.db, "executeQuery");
  expect(await there.sessions.find(node_key)).toMatchObject({ host_id });
  expect(queries).not.toHaveBeenCalled();
  expect(await there.sessions.find("nobody's")).toBeNull();
  expect(there.sessions.kept("nobody's")).toBeNull();
  expect(there.sessions.size).toBe(1);
});

test("keys that are asked for at once are read with one statement, each getting its own", async () => {
  const hosts = [];
  for (const n of [1, 2, 3])
    hosts.push(
      await fixture.enroll({ identifier: `host-${n}`, hardware: { uuid: `uuid-${n}`, hardware_serial: `serial-${n}` } }),
    );
  const queries = vi.spyOn(fixture.db, "executeQuery");
  const found = await Promise.all([...hosts.map((h) => h.node_key), "nobody's"].map((key) => here.sessions.read(key)));
  expect(found.map((session) => session?.host_id)).toEqual([...hosts.map((h) => h.host_id), undefined]);
  expect(queries).toHaveBeenCalledTimes(1);
});

test("a refetch that one process is asked for is known to the other at once", async () => {
  const { host_id, node_key } = await keptThere();
  await requestRefetch({ db: fixture.db, signals: here.signals }, host_id);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect(await there.sessions.find(node_key)).toMatchObject({ refetch_requested: true });
});

test("a host that one process deletes is unknown to the other at once", async () => {
  const { host_id, node_key } = await keptThere();
  await deleteHost({ ...fixture, signals: here.signals }, host_id, null);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect(await there.sessions.find(node_key)).toBeNull();
});

test("a key that a re-enrolment replaced is refused by the other process at once", async () => {
  const { node_key } = await keptThere();
  const again = await enrollHost({ ...fixture, signals: here.signals }, enrollInput());
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect(await there.sessions.find(node_key)).toBeNull();
  expect(await there.sessions.find(again.node_key)).toMatchObject({ host_id: again.host_id });
});

test("settings that change for everybody drop every session", async () => {
  const { node_key } = await keptThere();
  await here.signals.publish(SESSIONS_CHANNEL, "");
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect(there.sessions.size).toBe(0);
});

test("while signals cannot arrive nothing is kept; once they do again, it is", async () => {
  const { node_key } = await keptThere();
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'muster-signals' AND datname = current_database()`.execute(fixture.db);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  await vi.waitUntil(() => isListening(there.signals), PATIENT);
  await there.sessions.read(node_key);
  expect(there.sessions.kept(node_key)).not.toBeNull();
});

test("what changes while it is being read is given to this call, and not kept", async () => {
  const { host_id, node_key } = await fixture.enroll();
  const listeners = new Map<string, (payload: string) => void>();
  const sessions = new NodeSessions(fixture, {
    subscribe: (channel, listener) => {
      listeners.set(channel, listener);
      return () => listeners.delete(channel);
    },
    watch: (listener) => {
      listener(true);
      return () => undefined;
    },
  });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const executeQuery = fixture.db.executeQuery.bind(fixture.db);
  const asked = vi.spyOn(fixture.db, "executeQuery").mockImplementationOnce(async (query) => {
    const result = await executeQuery(query);
    await held;
    return result;
  });
  const reading = sessions.read(node_key);
  await vi.waitUntil(() => asked.mock.calls.length === 1, PATIENT);
  listeners.get(HOST_CHANNEL)?.(String(host_id));
  release();
  expect(await reading).toMatchObject({ host_id });
  expect(sessions.kept(node_key)).toBeNull();
  await sessions.read(node_key);
  expect(sessions.kept(node_key)).toMatchObject({ host_id });
});

test("a report that was just accepted counts before its time is in the database", async () => {
  const { host_id, node_key } = await keptThere();
  const at = fixture.now();
  there.sessions.reported({ host_id, agent: "osquery" }, at);
  there.sessions.reported({ host_id, agent: "muster" }, new Date(0));
  expect(there.sessions.kept(node_key)).toMatchObject({ reported_at: at });
  expect(await there.sessions.read(node_key)).toMatchObject({ reported_at: at });
});

test("when the database fails, those who asked are told, and the next read works", async () => {
  const { node_key, host_id } = await fixture.enroll();
  vi.spyOn(fixture.db, "executeQuery").mockRejectedValueOnce(new Error("away"));
  await expect(here.sessions.read(node_key)).rejects.toThrow("away");
  expect(await here.sessions.read(node_key)).toMatchObject({ host_id });
});
