import { afterEach, beforeEach, expect, test } from "vitest";
import { devicesFixture, enrollInput } from "#test/support/devices.ts";
import type { DevicesFixture, EnrollOverrides } from "#test/support/devices.ts";
import { authenticateNode } from "./authenticate-node.ts";
import { enrollHost } from "./enroll-host.ts";

let fixture: DevicesFixture;
beforeEach(async () => {
  fixture = await devicesFixture();
});
afterEach(() => fixture.close());

const hostsCount = async () =>
  (await fixture.db.selectFrom("hosts").select(fixture.db.fn.countAll<number>().as("n")).executeTakeFirstOrThrow()).n;
const FILLER = { uuid: "03000200-0400-0500-0006-000700080009", hardware_serial: "Default string" };

test("a first enrolment makes a host, a key that authenticates, and one line of the audit trail", async () => {
  const { host_id, node_key } = await fixture.enroll();
  expect(Buffer.from(node_key, "base64url")).toHaveLength(32);
  const session = await authenticateNode(fixture, node_key);
  expect(session).toMatchObject({ host_id, agent: "osquery", platform: "ubuntu", hostname: "anna-laptop", reported_at: null });
  expect(session).toMatchObject({
    refetch_requested: false,
    software_sequence: 0,
    agent_version: "5.23.0",
    osquery_version: "5.23.0",
  });
  expect(await fixture.activities("fleet_enrolled")).toEqual([
    { host_id, host_display_name: "anna-laptop", host_serial: "5VD4V33", agent: "osquery" },
  ]);
});

test("the key is stored as a hash only", async () => {
  const { node_key } = await fixture.enroll();
  const stored = await fixture.db.selectFrom("host_enrollments").selectAll().executeTakeFirstOrThrow();
  expect(JSON.stringify({ ...stored, node_key_hash: stored.node_key_hash.toString("latin1") })).not.toContain(node_key);
  expect(stored.node_key_hash).toHaveLength(32);
});

test("a wrong secret is refused with 401 and leaves nothing", async () => {
  await expect(fixture.enroll({ enroll_secret: "wrong" })).rejects.toMatchObject({ status: 401 });
  await expect(fixture.enroll({ enroll_secret: "" })).rejects.toMatchObject({ status: 401 });
  expect(await hostsCount()).toBe(0);
});

test("keys that nobody holds authenticate nobody", async () => {
  await fixture.enroll();
  for (const key of ["", "x", "x".repeat(100_000), undefined, null, 7, { $ne: "" }]) {
    expect(await authenticateNode(fixture, key)).toBeNull();
  }
});

test("re-enrolment keeps the host and replaces the key", async () => {
  const first = await fixture.enroll();
  fixture.wait(86_400);
  const second = await fixture.enroll({ hardware: { hostname: "anna-renamed" } });
  expect(second.host_id).toBe(first.host_id);
  expect(await authenticateNode(fixture, first.node_key)).toBeNull();
  expect(await authenticateNode(fixture, second.node_key)).toMatchObject({ host_id: first.host_id, hostname: "anna-renamed" });
  expect(await fixture.activities("fleet_enrolled")).toHaveLength(1);
});

test("facts that a re-enrolling agent does not know stay", async () => {
  const { host_id } = await fixture.enroll();
  await fixture.enroll({ platform: "", hardware: { hostname: "", hardware_serial: "Not Specified" } });
  const host = await fixture.db
    .selectFrom("hosts")
    .where("id", "=", host_id)
    .select(["platform", "hostname", "hardware_serial"])
    .execute();
  expect(host).toEqual([{ platform: "ubuntu", hostname: "anna-laptop", hardware_serial: "5VD4V33" }]);
});

test.each<[string, EnrollOverrides]>([
  ["the same uuid", { hardware: { hardware_serial: "" } }],
  ["the uuid in lower case", { hardware: { uuid: "4c4c4544-0042-3510-8054-b4c04f564433", hardware_serial: "" } }],
  ["the uuid in the other byte order", { hardware: { uuid: "44454C4C-4200-1035-8054-B4C04F564433" } }],
  ["the serial, where the uuid is filler", { hardware: { uuid: FILLER.uuid } }],
  ["the serial in another case, where there is no uuid", { hardware: { uuid: "", hardware_serial: "5vd4v33" } }],
])("osquery and Muster's agent on one machine are one host, known by %s", async (_name, muster) => {
  const first = await fixture.enroll({ identifier: "anna-laptop" });
  const second = await fixture.enroll({ agent: "muster", identifier: "machine-id", agent_version: "0.1.0", ...muster });
  expect(second.host_id).toBe(first.host_id);
  expect(await authenticateNode(fixture, first.node_key)).toMatchObject({ agent: "osquery" });
  expect(await authenticateNode(fixture, second.node_key)).toMatchObject({ agent: "muster", agent_version: "0.1.0" });
  expect(await fixture.activities("fleet_enrolled")).toHaveLength(1);
});

test.each<[string, EnrollOverrides["hardware"]]>([
  ["nothing but the hostname", { uuid: "", hardware_serial: "" }],
  ["filler", FILLER],
  ["a uuid of zeros", { uuid: "00000000-0000-0000-0000-000000000000", hardware_serial: "0" }],
  ["another uuid under the same serial", { uuid: "1A2B3C4D-2222-3333-4444-555555555556" }],
  ["another serial under the same uuid", { hardware_serial: "OTHER-SERIAL" }],
])("machines that share %s are two hosts", async (_name, hardware) => {
  const shared = hardware?.uuid === FILLER.uuid || hardware?.uuid?.startsWith("0000") === true ? hardware : {};
  const first = await fixture.enroll({ identifier: "a", hardware: shared });
  const second = await fixture.enroll({ agent: "muster", identifier: "b", hardware: hardware ?? {} });
  expect(second.host_id).not.toBe(first.host_id);
});

test("a machine whose agent was given another identifier stays one host, and the old key ends", async () => {
  const first = await fixture.enroll({ identifier: "anna-laptop" });
  const second = await fixture.enroll({ identifier: "4C4C4544-0042-3510-8054-B4C04F564433" });
  expect(second.host_id).toBe(first.host_id);
  expect(await authenticateNode(fixture, first.node_key)).toBeNull();
});

test("a re-imaged machine (another system, name and identifier on the same hardware) stays one host", async () => {
  const before = await fixture.enroll({
    identifier: "win-1",
    platform: "windows",
    hardware: { hostname: "DESKTOP-1", instance_id: "one" },
  });
  fixture.wait(2 * 3600);
  const after = await fixture.enroll({
    identifier: "lin-1",
    platform: "ubuntu",
    hardware: { hostname: "anna-linux", instance_id: "two" },
  });
  expect(after.host_id).toBe(before.host_id);
  const host = await fixture.db.selectFrom("hosts").select(["platform", "hostname"]).executeTakeFirstOrThrow();
  expect(host).toEqual({ platform: "ubuntu", hostname: "anna-linux" });
  expect(await authenticateNode(fixture, before.node_key)).toBeNull();
});

test("living clones with one uuid and different names are two hosts", async () => {
  const first = await fixture.enroll({ identifier: "vm1", hardware: { hostname: "vm1", instance_id: "one" } });
  const second = await fixture.enroll({ identifier: "vm2", hardware: { hostname: "vm2", instance_id: "two" } });
  expect(second.host_id).not.toBe(first.host_id);
  // each one's second agent finds its own
  const muster = await fixture.enroll({ agent: "muster", identifier: "m2", hardware: { hostname: "vm2" } });
  expect(muster.host_id).toBe(second.host_id);
});

test("machines with one identifier and different hardware are told apart, and stay apart", async () => {
  const other = { uuid: "99999999-0042-3510-8054-B4C04F564433", hardware_serial: "ZZZ9999" };
  const a = await fixture.enroll({ identifier: "localhost" });
  fixture.wait(40 * 86_400);
  const b = await fixture.enroll({ identifier: "localhost", hardware: other });
  expect(b.host_id).not.toBe(a.host_id);
  expect(await authenticateNode(fixture, a.node_key)).toMatchObject({ host_id: a.host_id });
  const again = [
    await fixture.enroll({ identifier: "localhost" }),
    await fixture.enroll({ identifier: "localhost", hardware: other }),
  ];
  expect(again.map((e) => e.host_id)).toEqual([a.host_id, b.host_id]);
  expect(await hostsCount()).toBe(2);
});

test("one part of the hardware differs: a clone while the other machine lives, a repair when it was silent", async () => {
  const board = { hardware_serial: "NEWBOARD1" };
  const a = await fixture.enroll({ identifier: "asset-7" });
  const clone = await fixture.enroll({ identifier: "asset-7", hardware: board });
  expect(clone.host_id).not.toBe(a.host_id);
  const b = await fixture.enroll({
    identifier: "asset-8",
    hardware: { uuid: "8a8a8a8a-0042-3510-8054-B4C04F564433", hardware_serial: "SER8" },
  });
  fixture.wait(2 * 86_400);
  const repaired = await fixture.enroll({
    identifier: "asset-8",
    hardware: { uuid: "8a8a8a8a-0042-3510-8054-B4C04F564433", ...board },
  });
  expect(repaired.host_id).toBe(b.host_id);
});

test("a reinstalled agent keeps its host and reports anew", async () => {
  const a = await fixture.enroll({ hardware: { instance_id: "one" } });
  await fixture.db.updateTable("host_enrollments").set({ reported_at: fixture.now() }).execute();
  const b = await fixture.enroll({ hardware: { instance_id: "two" } });
  expect(b.host_id).toBe(a.host_id);
  expect(await authenticateNode(fixture, b.node_key)).toMatchObject({ reported_at: null });
});

test("clones on equal hardware are told apart when a replaced installation comes back while its successor lives", async () => {
  const enroll = (instance_id: string) => fixture.enroll({ identifier: "clone", hardware: { instance_id } });
  const one = await enroll("one");
  fixture.wait(30);
  const two = await enroll("two");
  expect(two.host_id).toBe(one.host_id);
  fixture.wait(30);
  const back = await enroll("one");
  expect(back.host_id).not.toBe(two.host_id);
  expect(await authenticateNode(fixture, two.node_key)).not.toBeNull();
  fixture.wait(30);
  expect((await enroll("one")).host_id).toBe(back.host_id);
  expect((await enroll("two")).host_id).toBe(two.host_id);
  expect(await fixture.activities("fleet_enrolled")).toHaveLength(2);
});

test("clones that nothing tells apart are reported, once an hour", async () => {
  const steal = (public_ip: string) => fixture.enroll({ hardware: { hostname: "" }, public_ip });
  const { host_id } = await steal("203.0.113.7");
  for (let i = 0; i < 8; i++) {
    fixture.wait(20);
    await steal("203.0.113.8");
  }
  const [report, ...more] = await fixture.activities("host_identifier_conflict");
  expect(report).toEqual({
    host_id,
    host_display_name: `Device ${host_id}`,
    identifier: "4C4C4544-0042-3510-8054-B4C04F564433",
    remote_address: "203.0.113.8",
  });
  expect(more).toEqual([]);
  fixture.wait(3600);
  for (let i = 0; i < 4; i++) await steal("203.0.113.7");
  expect(await fixture.activities("host_identifier_conflict")).toHaveLength(2);
});

test("enrolling again now and then is no conflict", async () => {
  for (let i = 0; i < 10; i++) {
    await fixture.enroll();
    fixture.wait(400);
  }
  expect(await fixture.activities("host_identifier_conflict")).toEqual([]);
});

test("hostile texts are cleaned and bounded; an empty identifier is refused", async () => {
  const evil = "a\u0000\ud800" + "x".repeat(100_000);
  const input = { identifier: evil, platform: evil, agent_version: evil, public_ip: evil };
  const { node_key } = await fixture.enroll({
    ...input,
    hardware: { uuid: evil, hardware_serial: evil, hostname: evil, instance_id: evil },
  });
  const session = await authenticateNode(fixture, node_key);
  expect(session?.hostname).toHaveLength(255);
  expect(session?.hostname).toMatch(/^a \ufffdx+$/);
  await expect(fixture.enroll({ identifier: " \u0000 " })).rejects.toMatchObject({ status: 422 });
});

test("long identifiers that differ at the end only are different", async () => {
  const hardware = { uuid: "", hardware_serial: "" };
  const a = await fixture.enroll({ identifier: `${"x".repeat(300)}a`, hardware });
  const b = await fixture.enroll({ identifier: `${"x".repeat(300)}b`, hardware });
  expect(b.host_id).not.toBe(a.host_id);
});

test("many enrolments of one identifier at once make one host and one valid key", async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => fixture.enroll()));
  expect(new Set(results.map((r) => r.host_id)).size).toBe(1);
  expect(await hostsCount()).toBe(1);
  const sessions = await Promise.all(results.map((r) => authenticateNode(fixture, r.node_key)));
  expect(sessions.filter((s) => s !== null)).toHaveLength(1);
  expect(await fixture.activities("fleet_enrolled")).toHaveLength(1);
});

test("the agents of one machine that enrol at once make one host", async () => {
  for (let i = 0; i < 5; i++) {
    const hardware = { uuid: `4C4C4544-0042-3510-8054-B4C04F5644${30 + i}`, hardware_serial: `SERIAL${i}` };
    const results = await Promise.all(
      (["osquery", "muster", "orbit"] as const).map((agent) => fixture.enroll({ agent, identifier: `${agent}-${i}`, hardware })),
    );
    expect(new Set(results.map((r) => r.host_id)).size).toBe(1);
  }
  expect(await hostsCount()).toBe(5);
});

test("different machines enrol at once without waiting or failing", async () => {
  const inputs = Array.from({ length: 30 }, (_, i) =>
    enrollInput({ identifier: `host-${i}`, hardware: { uuid: "", hardware_serial: `SN-${1000 + i}`, hostname: `host-${i}` } }),
  );
  const results = await Promise.all(inputs.map((input) => enrollHost(fixture, input)));
  expect(new Set(results.map((r) => r.host_id)).size).toBe(30);
});

test("a host that is deleted while its agent enrols comes back as a new host", async () => {
  const { host_id } = await fixture.enroll();
  const deletion = fixture.db.transaction().execute(async (tx) => {
    await tx.selectFrom("hosts").where("id", "=", host_id).select("id").forUpdate().execute();
    const enrolling = fixture.enroll();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await tx.deleteFrom("hosts").where("id", "=", host_id).execute();
    return { enrolling };
  });
  const again = await (await deletion).enrolling;
  expect(again.host_id).not.toBe(host_id);
  expect(await authenticateNode(fixture, again.node_key)).toMatchObject({ host_id: again.host_id });
});
