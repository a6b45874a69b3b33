import { afterEach, beforeEach, expect, test } from "vitest";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { authenticateNode } from "./authenticate-node.ts";
import { SeenBuffer } from "./seen-buffer.ts";

let fixture: DevicesFixture;
let buffer: SeenBuffer;
beforeEach(async () => {
  fixture = await devicesFixture();
  buffer = new SeenBuffer(fixture, 60_000);
});
afterEach(async () => {
  await buffer.stop();
  await fixture.close();
});

const times = async (hostId: number) =>
  fixture.db.selectFrom("host_seen_times").where("host_id", "=", hostId).select(["seen_time", "reported_at"]).executeTakeFirst();

async function enrollSeveral(count: number): Promise<number[]> {
  const hosts = [];
  for (let i = 0; i < count; i++) {
    hosts.push(
      (await fixture.enroll({ identifier: `h${i}`, hardware: { uuid: "", hardware_serial: `SERIAL-${i}`, hostname: `h${i}` } }))
        .host_id,
    );
  }
  return hosts;
}

test("what was seen is written with the next flush: the latest time, one row a host", async () => {
  const [a = 0, b = 0] = await enrollSeveral(2);
  fixture.wait(10);
  buffer.seen(a);
  buffer.seen(b, { agent: "osquery" });
  fixture.wait(10);
  buffer.seen(a);
  await buffer.flush();
  expect(await times(a)).toEqual({ seen_time: fixture.now(), reported_at: null });
  expect(await times(b)).toEqual({ seen_time: new Date(fixture.now().getTime() - 10_000), reported_at: null });
});

test("a report marks the host and its agent, not the host's other agent", async () => {
  const osquery = await fixture.enroll();
  const muster = await fixture.enroll({ agent: "muster", identifier: "m" });
  expect(muster.host_id).toBe(osquery.host_id);
  fixture.wait(5);
  buffer.seen(osquery.host_id, { reported: true, agent: "osquery" });
  await buffer.flush();
  expect(await times(osquery.host_id)).toMatchObject({ reported_at: fixture.now() });
  expect(await authenticateNode(fixture, osquery.node_key)).toMatchObject({ reported_at: fixture.now(), muster_reports: false });
  expect(await authenticateNode(fixture, muster.node_key)).toMatchObject({ reported_at: null });
});

test("Muster's agent counts as reporting for a day after its report", async () => {
  const osquery = await fixture.enroll();
  const { host_id } = await fixture.enroll({ agent: "muster", identifier: "m" });
  buffer.seen(host_id, { reported: true, agent: "muster" });
  await buffer.flush();
  fixture.wait(86_000);
  expect(await authenticateNode(fixture, osquery.node_key)).toMatchObject({ muster_reports: true });
  fixture.wait(800);
  expect(await authenticateNode(fixture, osquery.node_key)).toMatchObject({ muster_reports: false });
});

test("times only move forward, whoever writes last", async () => {
  const { host_id } = await fixture.enroll();
  const newer = { ...fixture, now: () => new Date(fixture.now().getTime() + 60_000) };
  const other = new SeenBuffer(newer, 60_000);
  other.seen(host_id, { reported: true, agent: "osquery" });
  await other.stop();
  const before = await times(host_id);
  buffer.seen(host_id, { reported: true, agent: "osquery" });
  await buffer.flush();
  expect(await times(host_id)).toEqual(before);
});

test("two processes that flush the same hosts in opposite order both succeed", async () => {
  const hosts = await enrollSeveral(40);
  for (let round = 0; round < 10; round++) {
    fixture.wait(1);
    const other = new SeenBuffer(fixture, 60_000);
    for (const id of hosts) buffer.seen(id, { reported: true, agent: "osquery" });
    for (const id of hosts.toReversed()) other.seen(id, { reported: true, agent: "osquery" });
    await Promise.all([buffer.flush(), other.stop()]);
  }
  for (const id of hosts) expect(await times(id)).toEqual({ seen_time: fixture.now(), reported_at: fixture.now() });
  expect(await fixture.metrics.text()).not.toContain("muster_seen_flush_failures_total");
});

test("a failed flush keeps what it could not write, and a later one writes it", async () => {
  const { host_id } = await fixture.enroll();
  fixture.wait(30);
  buffer.seen(host_id, { reported: true, agent: "osquery" });
  await fixture.database.pool.query("alter table host_seen_times rename to away");
  await buffer.flush();
  await fixture.database.pool.query("alter table away rename to host_seen_times");
  expect(await fixture.metrics.text()).toContain("muster_seen_flush_failures_total 1");
  await buffer.flush();
  expect(await times(host_id)).toEqual({ seen_time: fixture.now(), reported_at: fixture.now() });
});

test("a host that was deleted is left out, the others are written", async () => {
  const [a = 0, b = 0] = await enrollSeveral(2);
  fixture.wait(30);
  buffer.seen(a);
  buffer.seen(b);
  await fixture.db.deleteFrom("hosts").where("id", "=", a).execute();
  await buffer.flush();
  expect(await times(a)).toBeUndefined();
  expect(await times(b)).toMatchObject({ seen_time: fixture.now() });
});

test("the timer writes by itself", async () => {
  const { host_id } = await fixture.enroll();
  const quick = new SeenBuffer(fixture, 20);
  fixture.wait(30);
  quick.seen(host_id);
  await expect.poll(async () => (await times(host_id))?.seen_time).toEqual(fixture.now());
  await quick.stop();
});
