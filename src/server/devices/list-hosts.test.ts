import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { platformFamily } from "#domain/software/sources.ts";
import { HOST_ORDER_KEYS, HOST_STATUSES } from "#protocol/rest/hosts.ts";
import type { Host } from "#protocol/rest/hosts.ts";
import { pageOf } from "#server/http/paging.ts";
import { OS_VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { countHosts, listHosts } from "./list-hosts.ts";
import { listOsVersions, readOsVersion } from "./list-os-versions.ts";
import { summariseHosts } from "./summarise-hosts.ts";

/** 120 hosts whose values repeat, miss, and hold what pages and patterns trip over. */

const PLATFORMS = ["ubuntu", "darwin", "windows", "chrome", "", "ios", "rhel", "linux"];
const NAMES = ["", "Anna’s Mac", "ANNA’S MAC", "a,b%20c", "100%", "x_y", "x\\y", "Ärger", "zz\n", "ubuntu"];
const HOSTS = 120;
let fixture: DevicesFixture;

beforeAll(async () => {
  fixture = await devicesFixture();
  const { db } = fixture;
  const now = fixture.now().getTime();
  const systems = [
    ["Ubuntu", "24.04", "x86_64", "6.8.0-1", "ubuntu"],
    ["Ubuntu", "24.04", "aarch64", "6.8.0-2", "ubuntu"],
    ["Ubuntu", "22.04", "x86_64", "5.15", "ubuntu"],
    ["macOS", "15.1", "arm64", "", "darwin"],
    ["Nobody's OS", "1", "", "", "plan9"],
  ] as const;
  const os = await db
    .insertInto("operating_systems")
    .values(systems.map(([name, version, arch, kernel_version, platform]) => ({ name, version, arch, kernel_version, platform })))
    .returning("id")
    .execute();
  const ago = (seconds: number) => new Date(now - seconds * 1000);
  const hosts = Array.from({ length: HOSTS }, (_, i) => ({
    created_at: ago(i * 3000),
    last_enrolled_at: ago((i % 9) * 1000),
    computer_name: NAMES[i % NAMES.length] ?? "",
    hostname: i % 4 === 0 ? "" : `Host-${i % 13}`,
    uuid: `UUID-${i}`,
    hardware_serial: i % 5 === 0 ? "" : `Ser${i % 7}`,
    hardware_model: `M${i % 3}`,
    platform: PLATFORMS[i % PLATFORMS.length] ?? "",
    os_version: `OS ${i % 6}`,
    primary_ip: `10.0.${i % 3}.${i % 20}`,
    public_ip: i % 2 === 0 ? "203.0.113.9" : "",
    memory: (i % 4) * 4e9,
    software_count: (i % 6) * 10,
    osquery_version: i % 2 === 0 ? "5.23.0" : "",
    muster_version: i % 7 === 0 ? "0.1.0" : null,
    distributed_interval: [0, 10, 600][i % 3] ?? 0,
    config_tls_refresh: [0, 60, 300, 20][i % 4] ?? 0,
    software_updated_at: i % 4 === 0 ? null : ago(i % 10),
    operating_system_id: i % 5 === 4 ? null : (os[i % 4]?.id ?? null),
    gigs_total_disk_space: i % 2 === 0 ? 500 : 0,
    gigs_disk_space_available: i % 50,
  }));
  const ids = await db.insertInto("hosts").values(hosts).returning("id").execute();
  const ages = [5, 65, 75, 115, 125, 350, 500, 700, 86_400 * 29, 86_400 * 31];
  await db
    .insertInto("host_seen_times")
    .values(ids.map(({ id }, i) => ({ host_id: id, seen_time: ago(ages[i % ages.length] ?? 0) })))
    .execute();
  await sql`
    insert into software_titles (checksum, name, source)
    select substr(sha256(i::text::bytea), 1, 16), 'Title ' || i, 'apps' from generate_series(1, 3) i`.execute(db);
  await sql`
    insert into software (title_id, checksum, name, version, source)
    select 1 + i % 3, substr(sha256(i::text::bytea), 1, 16), 'Title ' || 1 + i % 3, i::text, 'apps' from generate_series(0, 8) i`.execute(
    db,
  );
  await sql`insert into host_software (host_id, software_id) select h.id, s.id from hosts h, software s where (h.id + s.id) % 5 = 0`.execute(
    db,
  );
});
afterAll(() => fixture.close());

interface Query {
  order_key: (typeof HOST_ORDER_KEYS)[number];
  order_direction: "asc" | "desc";
  per_page: number;
}

async function pageThrough(filter: HostFilter, query: Query, by: "cursor" | "offset") {
  const hosts = [];
  let more: { after?: string; page?: number } = {};
  for (let page = 0; page < HOSTS + 1; page++) {
    const result = await listHosts(fixture, filter, pageOf({ ...query, ...more }, { orderKeys: HOST_ORDER_KEYS }));
    expect(result.hosts.length).toBeLessThanOrEqual(query.per_page);
    expect(result.meta.has_previous_results).toBe(page > 0);
    hosts.push(...result.hosts);
    if (!result.meta.has_next_results) return hosts;
    expect(result.hosts).toHaveLength(query.per_page);
    more = by === "cursor" ? { after: result.meta.next_cursor ?? "" } : { page: page + 1 };
  }
  throw new Error("paging does not end");
}

const allHosts = () => pageThrough({}, { order_key: "id", order_direction: "asc", per_page: 1000 }, "offset");

const anyFilter: fc.Arbitrary<HostFilter> = fc.record(
  {
    status: fc.constantFrom(...HOST_STATUSES),
    platform: fc.constantFrom("linux", "darwin", "macos", "windows, chrome", "ubuntu", "Linux,ios", "plan9", ","),
    query: fc.constantFrom(
      "anna",
      "MAC anna",
      "%",
      "_",
      "\\",
      "100%",
      "ser3",
      "ÄRGER",
      "10.0.1.7",
      "203.0.113.9",
      "uuid-7",
      "  ",
      "'",
      "x_y",
    ),
    software_version_id: fc.constantFrom(1, 2, 999),
    software_title_id: fc.constantFrom(1, 3, 999),
    os_version_id: fc.constantFrom(1, 2, 3, 5, 999),
    memory_min: fc.constantFrom(1, 8e9),
    memory_max: fc.constantFrom(4e9, 1e15),
  },
  { requiredKeys: [] },
);
const anyQuery: fc.Arbitrary<Query> = fc.record({
  order_key: fc.constantFrom(...HOST_ORDER_KEYS),
  order_direction: fc.constantFrom("asc", "desc"),
  per_page: fc.constantFrom(1, 7, 25, 1000),
});
/** Each on its own, or few: most filters together match nothing. */
const usefulFilter = fc.oneof(
  { weight: 1, arbitrary: anyFilter },
  {
    weight: 3,
    arbitrary: fc.tuple(anyFilter, fc.nat()).map(([f, n]) => {
      const entries = Object.entries(f);
      return entries.length === 0 ? {} : Object.fromEntries([entries[n % entries.length] ?? []]);
    }),
  },
);

test("paging through any filter by any key gives each of its rows once, as many as the count says, both ways", async () => {
  await fc.assert(
    fc.asyncProperty(usefulFilter, anyQuery, fc.constantFrom("cursor" as const, "offset" as const), async (filter, query, by) => {
      const hosts = await pageThrough(filter, query, by);
      const ids = hosts.map((h) => h.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(await countHosts(fixture, filter)).toEqual({ count: ids.length });
      const whole = await pageThrough(filter, { ...query, per_page: 1000 }, "offset");
      expect(ids).toEqual(whole.map((h) => h.id));
      const reversed = await pageThrough(
        filter,
        { ...query, order_direction: query.order_direction === "asc" ? "desc" : "asc", per_page: 1000 },
        by,
      );
      expect(reversed.map((h) => h.id).toReversed()).toEqual(ids);
    }),
    { numRuns: 60 },
  );
}, 120_000);

/** The agents of a host in words, as people read them in a list. */
function agentsOf({ muster_version, osquery_version }: Host): string {
  const named = [muster_version && `Muster ${muster_version}`, osquery_version && `osquery ${osquery_version}`];
  return named.filter(Boolean).join(" ");
}

test.each(HOST_ORDER_KEYS)("hosts ordered by %s are in the order of what is shown", async (order_key) => {
  const hosts = await pageThrough({}, { order_key, order_direction: "asc", per_page: 50 }, "cursor");
  const shown = hosts.map((h) => (order_key === "agents" ? agentsOf(h) : h[order_key]));
  const texts = shown.filter((v) => v !== null);
  expect(shown.slice(texts.length).every((v) => v === null)).toBe(true);
  const comparable = (v: string | number) =>
    typeof v === "string" ? (v.includes("T") && v.endsWith("Z") ? v : v.toLowerCase()) : v;
  const { rows } = await sql<{ value: string }>`
    select value from unnest(${texts.map((v) => String(comparable(v)))}::text[]) with ordinality as u (value, place)
    order by ${typeof texts[0] === "number" ? sql`value::numeric` : sql`value`}, place`.execute(fixture.db);
  expect(texts.map((v) => String(comparable(v)))).toEqual(rows.map((r) => r.value));
});

test("online is what the rule of the reference says, host by host", async () => {
  const now = fixture.now().getTime();
  for (const host of await allHosts()) {
    const told = [host.distributed_interval, host.config_tls_refresh].filter((s) => s > 0);
    const interval = Math.max(told.length === 0 ? 60 : Math.min(...told), host.muster_version === null ? 0 : 60);
    const online = now - Date.parse(host.seen_time) <= (interval + 60) * 1000;
    expect({ id: host.id, status: host.status }).toEqual({ id: host.id, status: online ? "online" : "offline" });
  }
});

test("filters by status list exactly the hosts of that status", async () => {
  const now = fixture.now().getTime();
  const all = await allHosts();
  const idsOf = async (status: (typeof HOST_STATUSES)[number]) =>
    (await pageThrough({ status }, { order_key: "id", order_direction: "asc", per_page: 1000 }, "offset")).map((h) => h.id);
  const ids = (rule: (host: (typeof all)[number]) => boolean) => all.filter(rule).map((h) => h.id);
  expect(await idsOf("online")).toEqual(ids((h) => h.status === "online"));
  expect(await idsOf("offline")).toEqual(ids((h) => h.status === "offline"));
  const missing = ids((h) => now - Date.parse(h.seen_time) > 30 * 86_400_000);
  expect(missing.length).toBeGreaterThan(0);
  expect(await idsOf("missing")).toEqual(missing);
  expect(await idsOf("mia")).toEqual(missing);
  expect(await idsOf("new")).toEqual(ids((h) => now - Date.parse(h.created_at) <= 86_400_000));
});

test("the platform linux is the domain's family; other words are exact", async () => {
  const all = await allHosts();
  const count = async (platform: string) => (await countHosts(fixture, { platform })).count;
  expect(await count("linux")).toBe(all.filter((h) => platformFamily(h.platform) === "linux").length);
  expect(await count("ubuntu")).toBe(all.filter((h) => h.platform === "ubuntu").length);
  expect(await count("macos,windows")).toBe(all.filter((h) => h.platform === "darwin" || h.platform === "windows").length);
});

test.each<
  [
    string,
    (h: {
      computer_name: string;
      hostname: string;
      uuid: string;
      hardware_serial: string;
      primary_ip: string;
      public_ip: string;
    }) => boolean,
  ]
>([
  ["aNNa’s", (h) => h.computer_name.toLowerCase().startsWith("anna")],
  ["mac ANNA", (h) => h.computer_name.toLowerCase().startsWith("anna")],
  ["ÄRGER", (h) => h.computer_name === "Ärger"],
  ["%", (h) => h.computer_name.includes("%")],
  ["_", (h) => h.computer_name.includes("_")],
  ["\\", (h) => h.computer_name.includes("\\")],
  ["UUID-77", (h) => h.uuid === "UUID-77"],
  ["sER3", (h) => h.hardware_serial === "Ser3"],
  ["10.0.2.17", (h) => h.primary_ip === "10.0.2.17"],
  ["203.0.113.9", (h) => h.public_ip === "203.0.113.9"],
  ["no such thing", () => false],
])("the search %j finds what it says", async (query, rule) => {
  const all = await allHosts();
  const found = await pageThrough({ query }, { order_key: "id", order_direction: "asc", per_page: 1000 }, "offset");
  expect(found.map((h) => h.id)).toEqual(all.filter(rule).map((h) => h.id));
});

test("a list by software says what that software is; an unknown one lists nobody", async () => {
  const page = pageOf({}, { orderKeys: HOST_ORDER_KEYS });
  const byVersion = await listHosts(fixture, { software_version_id: 2 }, page);
  expect(byVersion.software).toMatchObject({ id: 2, source: "apps" });
  expect(byVersion.hosts.map((h) => h.id % 5)).toEqual(byVersion.hosts.map(() => 3));
  expect(byVersion.hosts).toHaveLength(HOSTS / 5);
  expect((await listHosts(fixture, { software_id: 2 }, page)).hosts).toEqual(byVersion.hosts);
  const byTitle = await listHosts(fixture, { software_title_id: 1 }, page);
  expect(byTitle.software_title).toMatchObject({ id: 1, source: "apps" });
  const unknown = await listHosts(fixture, { software_version_id: 999, software_title_id: 999 }, page);
  expect(unknown).toMatchObject({ hosts: [] });
  expect(unknown).not.toHaveProperty("software");
  expect(unknown).not.toHaveProperty("software_title");
});

test("os_name and os_version go together", async () => {
  await expect(countHosts(fixture, { os_name: "Ubuntu" })).rejects.toMatchObject({
    status: 422,
    errors: [{ name: "os_version" }],
  });
  const both = await countHosts(fixture, { os_name: "Ubuntu", os_version: "24.04" });
  expect(both).toEqual(await countHosts(fixture, { os_version_id: 1 }));
  expect(both.count).toBeGreaterThan(0);
});

type Listed = Awaited<ReturnType<typeof listHosts>>["hosts"][number];

test("filters by model, agent, amount of software and times list exactly the hosts that show such values", async () => {
  const at = new Date(fixture.now().getTime() - 5000).toISOString();
  const isBefore = (time: string | null) => time !== null && time <= at;
  const isAfter = (time: string | null) => time !== null && time >= at;
  const cases: [HostFilter, (host: Listed) => boolean][] = [
    [{ hardware_model: "m1" }, (h) => h.hardware_model === "M1"],
    [{ hardware_model: "%" }, () => false],
    [{ agent: "muster" }, (h) => h.muster_version !== null],
    [{ agent: "osquery" }, (h) => h.osquery_version !== ""],
    [{ software_count_min: 20, software_count_max: 40 }, (h) => h.software_count >= 20 && h.software_count <= 40],
    [{ memory_min: 4e9, memory_max: 8e9 }, (h) => h.memory >= 4e9 && h.memory <= 8e9],
    [{ memory_max: 4e9 }, (h) => h.memory > 0 && h.memory <= 4e9],
    [{ created_since: at }, (h) => isAfter(h.created_at)],
    [{ created_until: at }, (h) => isBefore(h.created_at)],
    [{ last_enrolled_since: at }, (h) => isAfter(h.last_enrolled_at)],
    [{ last_enrolled_until: at }, (h) => isBefore(h.last_enrolled_at)],
    [{ seen_since: at }, (h) => isAfter(h.seen_time)],
    [{ seen_until: at }, (h) => isBefore(h.seen_time)],
    [{ software_updated_since: at }, (h) => isAfter(h.software_updated_at)],
    [{ software_updated_until: at }, (h) => isBefore(h.software_updated_at)],
  ];
  const page = pageOf({ per_page: HOSTS }, { orderKeys: HOST_ORDER_KEYS });
  const all = (await listHosts(fixture, {}, page)).hosts;
  for (const [filter, shows] of cases) {
    // oxlint-disable-next-line no-await-in-loop
    const { hosts } = await listHosts(fixture, filter, page);
    const shown = all.filter(shows).map((h) => h.id);
    expect({ filter, ids: hosts.map((h) => h.id).toSorted((a, b) => a - b) }).toEqual({
      filter,
      ids: shown.toSorted((a, b) => a - b),
    });
    // oxlint-disable-next-line no-await-in-loop
    expect(await countHosts(fixture, filter)).toEqual({ count: hosts.length });
  }
});

test("the summary's figures equal what their filters list", async () => {
  for (const platform of [undefined, "linux", "darwin"]) {
    const filter = platform === undefined ? {} : { platform };
    const summary = await summariseHosts(fixture, { ...filter, low_disk_space: 20 });
    const count = async (more: HostFilter) => (await countHosts(fixture, { ...filter, ...more })).count;
    expect(summary.totals_hosts_count).toBe(await count({}));
    expect(summary.online_count).toBe(await count({ status: "online" }));
    expect(summary.offline_count).toBe(await count({ status: "offline" }));
    expect(summary.mia_count).toBe(await count({ status: "mia" }));
    expect(summary.missing_30_days_count).toBe(await count({ status: "missing" }));
    expect(summary.new_count).toBe(await count({ status: "new" }));
    expect(summary.platforms.reduce((n, p) => n + p.hosts_count, 0)).toBe(summary.totals_hosts_count);
  }
  const { all_linux_count } = await summariseHosts(fixture, {});
  expect({ count: all_linux_count }).toEqual(await countHosts(fixture, { platform: "linux" }));
  const low = (await allHosts()).filter((h) => h.gigs_total_disk_space > 0 && h.gigs_disk_space_available < 20).length;
  expect((await summariseHosts(fixture, { low_disk_space: 20 })).low_disk_space_count).toBe(low);
  expect((await summariseHosts(fixture, {})).low_disk_space_count).toBeNull();
});

test("operating system versions: one entry for all architectures and kernels, counts as its filter lists, any id of it", async () => {
  for (const order_key of OS_VERSION_ORDER_KEYS) {
    const pages = [];
    let after: string | undefined;
    do {
      const page = pageOf(
        { order_key, per_page: 1, ...(after === undefined ? {} : { after }) },
        { orderKeys: OS_VERSION_ORDER_KEYS },
      );
      const result = await listOsVersions(fixture, {}, page);
      expect(result.count).toBe(3);
      pages.push(...result.os_versions);
      after = result.meta.next_cursor;
    } while (after !== undefined);
    expect(pages.map((v) => v.name).toSorted()).toEqual(["Ubuntu 22.04", "Ubuntu 24.04", "macOS 15.1"]);
    for (const version of pages) {
      expect(await countHosts(fixture, { os_version_id: version.os_version_id })).toEqual({ count: version.hosts_count });
      expect(await countHosts(fixture, { os_name: version.name_only, os_version: version.version })).toEqual({
        count: version.hosts_count,
      });
    }
  }
  expect((await readOsVersion(fixture, 2)).os_version).toMatchObject({ os_version_id: 1, name_only: "Ubuntu", version: "24.04" });
  await expect(readOsVersion(fixture, 5)).rejects.toMatchObject({ status: 404 });
  const shown = new Set((await allHosts()).map((h) => h.os_version_id));
  expect(shown).toEqual(new Set([null, 1, 3, 4]));
});

test("operating system versions by platform, name and search", async () => {
  const page = pageOf({}, { orderKeys: OS_VERSION_ORDER_KEYS });
  const names = async (filter: object) => (await listOsVersions(fixture, filter, page)).os_versions.map((v) => v.name).toSorted();
  expect(await names({ platform: "darwin" })).toEqual(["macOS 15.1"]);
  expect(await names({ platform: "macos" })).toEqual(["macOS 15.1"]);
  expect(await names({ platform: "linux" })).toEqual(["Ubuntu 22.04", "Ubuntu 24.04"]);
  expect(await names({ os_name: "Ubuntu" })).toEqual(["Ubuntu 22.04", "Ubuntu 24.04"]);
  expect(await names({ os_name: "Ubuntu", os_version: "22.04" })).toEqual(["Ubuntu 22.04"]);
  expect(await names({ query: "UBUNTU 24" })).toEqual(["Ubuntu 24.04"]);
  expect(await names({ query: "%" })).toEqual([]);
});
