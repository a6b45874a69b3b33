import { afterAll, beforeAll, expect, test } from "vitest";
import { readonly } from "#server/database/pools.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { filteredHosts, type HostFilter } from "./host-filter-store.ts";
import { hostCount, hostList, type HostOrderKey } from "./host-list-store.ts";
import { vulnerableHolders } from "./vulnerable-hosts-store.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await seed();
});
afterAll(() => database.close());

/**
 * 300 hosts of two distributions and Windows. Software 1 to 6, by host; software 3 and 4 are two subjects each (two distributions, two facts).
 * Vulnerability 1: all of software 1, one distribution of 3, one of the facts of 4. Vulnerability 2: Windows itself. Vulnerability 3: software 5,
 * suppressed everywhere; and 6, suppressed on host 6. Vulnerability 4: software 6, which is not suppressed there.
 */
async function seed(): Promise<void> {
  await database.pool.query(`
    INSERT INTO os_scopes (id, name, family, family_id) OVERRIDING SYSTEM VALUE
      VALUES (101, 'debian', 'debian', 101), (102, 'debian:12', 'debian', 101), (103, 'debian:13', 'debian', 101), (104, 'windows', 'windows', 104);
    INSERT INTO operating_systems (id, name, version, platform, os_scope_id) OVERRIDING SYSTEM VALUE
      VALUES (1, 'Debian', '12', 'debian', 102), (2, 'Debian', '13', 'debian', 103), (3, 'Windows', '11', 'windows', 104);
    INSERT INTO hosts (hostname, operating_system_id) SELECT 'h' || n, 1 + n % 3 FROM generate_series(1, 300) n;
    INSERT INTO software_titles (name, source, checksum) SELECT 't' || n, 'deb_packages', decode(md5(n::text), 'hex') FROM generate_series(1, 6) n;
    INSERT INTO software (title_id, name, version, source, checksum)
      SELECT id, name, '1', 'deb_packages', decode(md5('s' || id), 'hex') FROM software_titles ORDER BY id;
    INSERT INTO host_software (host_id, software_id, facts_id)
      SELECT h.id, s.id, CASE WHEN s.id = 4 THEN 1 + h.id % 2 END FROM hosts h JOIN software s ON h.id % (s.id + 2) = 0;
    INSERT INTO software_counts (software_id, source, hosts_count)
      SELECT software_id, 'deb_packages', count(*) FROM host_software GROUP BY 1 ON CONFLICT (software_id) DO UPDATE SET hosts_count = EXCLUDED.hosts_count;
    INSERT INTO match_subjects (id, software_id, facts_id, os_scope_id, operating_system_id, identity) OVERRIDING SYSTEM VALUE VALUES
      (1, 1, 0, 102, NULL, '{}'), (2, 1, 0, 103, NULL, '{}'), (3, 1, 0, 104, NULL, '{}'), (4, 3, 0, 102, NULL, '{}'), (5, 3, 0, 103, NULL, '{}'),
      (6, 4, 1, 0, NULL, '{}'), (7, 4, 2, 0, NULL, '{}'), (8, NULL, 0, 104, 3, '{}'), (9, 5, 0, 0, NULL, '{}'), (10, 6, 0, 0, NULL, '{}');
    INSERT INTO vulnerabilities (id, cve) OVERRIDING SYSTEM VALUE SELECT n, 'CVE-2024-000' || n FROM generate_series(1, 4) n;
    INSERT INTO findings (subject_id, vulnerability_id, state, confidence, suppressed, record_id, range_index) VALUES
      (1, 1, 'affected', 'exact', NULL, 1, 0), (2, 1, 'affected', 'exact', NULL, 1, 0), (3, 1, 'affected', 'exact', NULL, 1, 0),
      (4, 1, 'affected', 'exact', NULL, 1, 0), (6, 1, 'affected', 'exact', NULL, 1, 0), (8, 2, 'affected', 'exact', NULL, 1, 0),
      (9, 3, 'affected', 'exact', 'not here', 1, 0), (10, 3, 'affected', 'exact', NULL, 1, 0), (10, 4, 'affected', 'exact', NULL, 1, 0);
    WITH decided AS (
      INSERT INTO vulnerability_decisions (kind, vulnerability_id, host_id, reason, baseline, names)
        VALUES ('accepted_risk', 3, 8, 'a laboratory', '{}', '{}') RETURNING id
    ) INSERT INTO suppressions (subject_id, vulnerability_id, kind, host_id, decision_id) SELECT 10, 3, 'accepted_risk', 8, id FROM decided;
    ANALYZE`);
}

const now = new Date();
const FILTERS: readonly (HostFilter & { vulnerability: string })[] = [
  ...[1, 2, 3, 4, 9].map((n) => ({ vulnerability: `CVE-2024-000${n}` })),
  { vulnerability: "CVE-2024-0003", vulnerability_suppressed: true },
  { vulnerability: "CVE-2024-0001", software_title_id: 3 },
  { vulnerability: "CVE-2024-0001", software_version_id: 4, platform: "linux" },
];

/** By the general form, which asks every finding about every host. */
async function wanted(filter: HostFilter): Promise<number[]> {
  const rows = await filteredHosts(readonly(database.db), filter, now).select("h.id").orderBy("h.id").execute();
  return rows.map(({ id }) => id);
}

test.each(FILTERS.map((filter) => [JSON.stringify(filter), filter] as const))(
  "%s lists and counts the hosts that findings say, found first or host by host",
  async (_name, filter) => {
    const replica = readonly(database.db);
    const ids = await wanted(filter);
    const page = { limit: 1000, offset: 0, orderKey: "id" as HostOrderKey, direction: "asc" as const, after: null };
    const { rows } = await hostList(replica, filter, page, now);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(await hostCount(replica, filter, now)).toBe(ids.length);
    const { vulnerability: _vulnerability, ...others } = filter;
    const holders = await vulnerableHolders(replica, filter);
    if (holders === null) return;
    for (const hostByHost of [true, false])
      // oxlint-disable-next-line no-await-in-loop -- one form after the other
      expect(await wanted({ ...others, holders: { ...holders, hostByHost } })).toEqual(ids);
  },
);

test("the cases are what they are meant to be", async () => {
  const replica = readonly(database.db);
  const first = await vulnerableHolders(replica, { vulnerability: "cve-2024-0001" });
  expect(first).toMatchObject({ software_ids: [1], subject_ids: [4, 6], operating_system_ids: [] });
  expect(first?.links).toBeGreaterThan(150);
  expect(await vulnerableHolders(replica, { vulnerability: "CVE-2024-0002" })).toMatchObject({ operating_system_ids: [3] });
  expect(await vulnerableHolders(replica, { vulnerability: "CVE-2024-0003" })).toBeNull();
  expect(await wanted({ vulnerability: "CVE-2024-0003" })).not.toContain(8);
  expect(await wanted({ vulnerability: "CVE-2024-0001" })).not.toHaveLength(0);
});
