import { afterEach, beforeEach, expect, test } from "vitest";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import type { HostFacts } from "./host-facts.ts";
import { readHost } from "./read-host.ts";
import { updateHostDetails } from "./update-host-details.ts";

let fixture: DevicesFixture;
let hostId: number;
beforeEach(async () => {
  fixture = await devicesFixture();
  hostId = (await fixture.enroll()).host_id;
});
afterEach(() => fixture.close());

const FACTS: Partial<HostFacts> = {
  hostname: "anna-laptop",
  computer_name: "Anna’s laptop",
  uuid: "4C4C4544-0042-3510-8054-B4C04F564433",
  hardware_serial: "5VD4V33",
  platform: "ubuntu",
  os_name: "Ubuntu",
  os_version: "24.04.1 LTS (Noble Numbat)",
  arch: "x86_64",
  kernel_version: "6.8.0-41-generic",
  memory: 16_000_000_000,
  uptime_seconds: 1000,
  disk_total_bytes: 512_110_190_592,
  disk_available_bytes: 128_027_547_648,
  distributed_interval: 10,
  config_tls_refresh: 60,
};
const update = (facts: Partial<HostFacts>) => updateHostDetails(fixture, hostId, facts);
const host = async () => (await readHost(fixture, hostId, { exclude_software: true })).host;
const systems = () => fixture.db.selectFrom("operating_systems").selectAll().orderBy("id").execute();

/** Rows that this database wrote to the tables of this part, by its own counters. */
async function writes(): Promise<number> {
  await fixture.database.pool.query("select pg_stat_force_next_flush()");
  const { rows } = await fixture.database.pool.query<{ n: number }>(
    "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as n from pg_stat_user_tables where relname in ('hosts', 'operating_systems')",
  );
  return rows[0]?.n ?? 0;
}

test("facts fill the host", async () => {
  expect(await update(FACTS)).toBe(true);
  expect(await host()).toMatchObject({
    display_name: "Anna’s laptop",
    os_version: "Ubuntu 24.04.1 LTS (Noble Numbat)",
    os_version_id: 1,
    memory: 16_000_000_000,
    uptime: 1000e9,
    gigs_total_disk_space: 512.1,
    gigs_disk_space_available: 128,
    percent_disk_space_available: 25,
    distributed_interval: 10,
    status: "online",
    detail_updated_at: fixture.now().toISOString(),
    last_restarted_at: new Date(fixture.now().getTime() - 1_000_000).toISOString(),
  });
});

test("the same facts again write nothing, however often", async () => {
  await update(FACTS);
  const before = await writes();
  for (let i = 0; i < 3; i++) expect(await update(FACTS)).toBe(false);
  expect(await writes()).toBe(before);
});

test("time going by writes nothing: uptime, a little disk space, another spelling of the uuid", async () => {
  await update(FACTS);
  const before = await writes();
  fixture.wait(3600);
  const later = { uptime_seconds: 4603, disk_available_bytes: 128_427_547_648, uuid: "4c4c4544-0042-3510-8054-b4c04f564433" };
  expect(await update({ ...FACTS, ...later })).toBe(false);
  expect(await writes()).toBe(before);
});

test.each<[string, Partial<HostFacts>]>([
  ["a restart", { uptime_seconds: 20 }],
  ["much disk space", { disk_available_bytes: 100_000_000_000 }],
  ["a name", { computer_name: "Build 7" }],
  ["a name taken away", { computer_name: "" }],
  ["an interval", { distributed_interval: 20 }],
])("%s is written, in one statement", async (_name, change) => {
  await update(FACTS);
  const before = await writes();
  fixture.wait(60);
  expect(await update({ ...FACTS, ...change })).toBe(true);
  expect(await writes()).toBe(before + 1);
});

test("facts that are absent stay", async () => {
  await update(FACTS);
  await update({ memory: 1 });
  expect(await host()).toMatchObject({ memory: 1, computer_name: "Anna’s laptop", os_version_id: 1 });
});

test("a known operating system costs no number of the sequence", async () => {
  await update(FACTS);
  for (let i = 0; i < 5; i++) await update({ ...FACTS, memory: i });
  await update({ ...FACTS, os_version: "26.04" });
  expect((await systems()).map((s) => s.id)).toEqual([1, 2]);
});

test("an operating system that two hosts bring at once is one row", async () => {
  const others = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      fixture.enroll({ identifier: `h${i}`, hardware: { uuid: "", hardware_serial: `SERIAL-${i}`, hostname: `h${i}` } }),
    ),
  );
  await Promise.all(others.map(({ host_id }) => updateHostDetails(fixture, host_id, FACTS)));
  expect(await systems()).toHaveLength(1);
});

test("a report without architecture or kernel keeps them while the version is the same", async () => {
  await update(FACTS);
  await update({ os_name: "Ubuntu", os_version: "24.04.1 LTS (Noble Numbat)" });
  expect(await systems()).toHaveLength(1);
  await update({ os_name: "Ubuntu", os_version: "26.04 LTS" });
  expect((await systems()).at(-1)).toMatchObject({ version: "26.04 LTS", arch: "", kernel_version: "", platform: "ubuntu" });
});

test("hostile facts are cleaned, bounded, or left out; unknown names change nothing", async () => {
  const evil = {
    hostname: `a\u0000b${"x".repeat(5000)}`,
    hardware_serial: " To Be Filled By O.E.M. ",
    memory: Number.MAX_VALUE,
    cpu_logical_cores: 2 ** 40,
    cpu_physical_cores: -3,
    uptime_seconds: Number.MAX_VALUE,
    disk_total_bytes: Number.NaN,
    software_sequence: 9,
    id: 77,
    'memory" = 0; --': 1,
    timezone: 5,
  } as unknown as Partial<HostFacts>;
  await update(FACTS);
  await update(evil);
  const shown = await host();
  expect(shown.hostname).toHaveLength(255);
  expect(shown).toMatchObject({
    id: hostId,
    hardware_serial: "",
    memory: Number.MAX_SAFE_INTEGER,
    cpu_logical_cores: 2_147_483_647,
  });
  expect(shown).toMatchObject({ cpu_physical_cores: 0, gigs_total_disk_space: 512.1, timezone: null });
});

test("a host that was deleted meanwhile is no error", async () => {
  await fixture.db.deleteFrom("hosts").execute();
  expect(await update(FACTS)).toBe(false);
});

test("a report that names no system gives the host its platform's, and takes no better name away", async () => {
  await update({ ...FACTS, platform: "darwin", os_name: "", os_version: "" });
  expect((await systems()).map(({ name, version, platform }) => ({ name, version, platform }))).toEqual([
    { name: "macOS", version: "", platform: "darwin" },
  ]);
  expect((await host()).os_version_id).toBe(1);
  await update({ ...FACTS, platform: "darwin", os_name: "macOS", os_version: "14.5" });
  await update({ ...FACTS, platform: "darwin", os_name: "", os_version: "" });
  expect((await host()).os_version_id).toBe(2);
  await update({ ...FACTS, platform: "", os_name: "", os_version: "" });
  expect(await systems()).toHaveLength(2);
});

test("a report that leaves out what is empty gives the host its platform's system, or the one that it names", async () => {
  const { os_name: _name, os_version: _version, ...rest } = FACTS;
  await update({ ...rest, platform: "darwin" });
  expect((await systems()).map(({ name, version }) => ({ name, version }))).toEqual([{ name: "macOS", version: "" }]);
  await update({ ...rest, platform: "darwin", os_name: "Mac OS X" });
  expect((await host()).os_version_id).toBe(1);
});
