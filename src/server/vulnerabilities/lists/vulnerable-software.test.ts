import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDecision } from "../decisions/create-decision.ts";
import { CURL, KERNEL, LODASH, LODASH_ALIAS, openAssessedFleet, type AssessedFleet } from "#test/support/assessed-fleet.ts";
import { entryOf } from "#test/support/inventory.ts";
import { debRange } from "#test/support/vulnerability-ranges.ts";

/** The software of one vulnerability, page by page, and the hosts that its counts lead to. */

const MANY = "CVE-2026-1111";

let fleet: AssessedFleet;

beforeAll(async () => {
  fleet = await openAssessedFleet();
  await fleet.feed(MANY, { "deb:debian:12 many": [debRange({ vulnerability: MANY, fixed: "99" })] });
  const built = (number: number) =>
    entryOf("deb_packages", {
      name: `many-${String.fromCharCode(97 + number)}`,
      version: `1.${number}`,
      facts: { source_package: "many", source_version: `1.${number}` },
    });
  const third = await fleet.host();
  await fleet.report(third, "deb_packages", [0, 1, 2, 3, 4].map(built));
  const fourth = await fleet.host();
  await fleet.report(fourth, "deb_packages", [3, 4].map(built));
  await fleet.settle();
});
afterAll(async () => fleet.close());

interface Listed {
  count: number;
  software: { id: number; name: string; hosts_count: number; suppressed_hosts_count: number; [field: string]: unknown }[];
  meta: { next_cursor?: string; has_next_results: boolean };
}

const listed = async (cve: string, query = "") => (await fleet.get<Listed>(`/vulnerabilities/${cve}/software${query}`)).body;

test("pages through all of it by cursor, the most common first", async () => {
  const seen: [string, number][] = [];
  let after = "";
  for (let pages = 0; pages < 10; pages++) {
    // oxlint-disable-next-line no-await-in-loop -- each page tells where the next begins
    const page = await listed(MANY, `?order_key=hosts_count&order_direction=desc&per_page=2${after}`);
    expect(page.count).toBe(5);
    seen.push(...page.software.map((row): [string, number] => [row.name, row.hosts_count]));
    if (!page.meta.has_next_results) break;
    after = `&after=${encodeURIComponent(page.meta.next_cursor ?? "")}`;
  }
  expect(seen.map(([, hosts]) => hosts)).toEqual([2, 2, 1, 1, 1]);
  expect(new Set(seen.map(([name]) => name)).size).toBe(5);
});

test("each count leads to exactly its hosts", async () => {
  const { software } = await listed(MANY);
  for (const row of software) {
    const query = `?software_version_id=${row.id}&vulnerability=${MANY}&os_scope=${String(row["os_scope"])}`;
    // oxlint-disable-next-line no-await-in-loop -- a handful of rows
    expect((await fleet.get<{ hosts: unknown[] }>(`/hosts${query}`)).body.hosts).toHaveLength(row.hosts_count);
  }
  // a host has the vulnerability in something else than the version that is asked for
  const bash = await fleet.softwareId("bash");
  expect((await fleet.get<{ hosts: unknown[] }>(`/hosts?software_version_id=${bash}&vulnerability=${CURL}`)).body.hosts).toEqual(
    [],
  );
  expect((await fleet.get<{ hosts: unknown[] }>("/hosts?os_scope=debian:11")).body.hosts).toEqual([]);
  expect((await fleet.get<{ hosts: unknown[] }>("/hosts?os_scope=debian:12")).body.hosts).toHaveLength(4);
});

test("filters by words, state, source and label, and finds by alias", async () => {
  const names = async (cve: string, query: string) => (await listed(cve, query)).software.map(({ name }) => name);
  expect(await names(MANY, "?query=many-c%201.2")).toEqual(["many-c"]);
  expect(await names(MANY, "?state=unfixed")).toEqual([]);
  expect(await names(CURL, "?state=unfixed&source=deb_packages")).toEqual(["curl"]);
  expect(await names(LODASH_ALIAS.toLowerCase(), "")).toEqual(["lodash"]);
  expect(await names(KERNEL, "?order_key=name")).toEqual(["linux-image-6.1.0-17-amd64"]);
  const { id } = await fleet.database.db
    .insertInto("labels")
    .values({
      name: "only two",
      description: "",
      query: "",
      platform: "",
      label_type: "regular",
      label_membership_type: "manual",
    } as never)
    .returning("id")
    .executeTakeFirstOrThrow();
  await sql`INSERT INTO label_membership (label_id, host_id) VALUES (${id}, ${fleet.hosts.two})`.execute(fleet.database.db);
  expect((await listed(LODASH, `?label_id=${id}`)).software).toMatchObject([{ name: "lodash", hosts_count: 1 }]);
  expect(await listed(MANY, `?label_id=${id}`)).toMatchObject({ count: 0, software: [] });
});

test("where a decision suppresses it on one host, that host is not counted; everywhere: only when asked for", async () => {
  const { db } = fleet.database;
  const [row] = (await listed(CURL)).software;
  const decided = { cve: CURL, kind: "accepted_risk", reason: "no proxy here" } as const;
  const deps = { db, now: () => new Date() };
  await createDecision(deps, { ...decided, software_version_id: row?.id ?? 0, host_id: fleet.hosts.one }, null);
  expect((await listed(CURL)).software).toMatchObject([{ hosts_count: 1, suppressed_hosts_count: 1, suppressed: null }]);
  await createDecision(deps, decided, null);
  expect(await listed(CURL)).toMatchObject({ count: 0, software: [] });
  expect((await listed(CURL, "?suppressed=yes")).software).toMatchObject([
    { hosts_count: 0, suppressed_hosts_count: 2, suppressed: expect.stringContaining("no proxy here") as string },
  ]);
});

test("what is not known and what is not allowed is an error with a name", async () => {
  expect((await fleet.get("/vulnerabilities/CVE-1999-0001/software")).status).toBe(404);
  expect((await fleet.get(`/vulnerabilities/${CURL}/software?state=open`)).status).toBe(400);
  expect((await fleet.get(`/vulnerabilities/${CURL}?without_software=true`)).body).toMatchObject({ software: null });
});

test("a host's list tells the worst of each software, and orders by how many there are", async () => {
  interface HostSoftware {
    software: { name: string; installed_versions: Record<string, unknown>[] }[];
  }
  const { body } = await fleet.get<HostSoftware>(
    `/hosts/${fleet.hosts.one}/software?order_key=vulnerabilities_count&order_direction=desc&vulnerable=true`,
  );
  expect(body.software.map(({ name }) => name)).toContain("linux-image-6.1.0-17-amd64");
  const kernel = body.software.find(({ name }) => name === "linux-image-6.1.0-17-amd64");
  expect(kernel?.installed_versions).toMatchObject([
    { vulnerabilities: [KERNEL], vulnerabilities_count: 1, cvss_score_max: 7.8, cisa_known_exploit: true },
  ]);
  const all = (await fleet.get<HostSoftware>(`/hosts/${fleet.hosts.one}/software?order_key=vulnerabilities_count`)).body.software;
  expect(all[0]?.installed_versions).toMatchObject([{ vulnerabilities_count: 0, cvss_score_max: null }]);
});

test("a host's vulnerabilities can be limited to one title", async () => {
  const id = await fleet.softwareId("lodash");
  const { title_id } = await fleet.database.db
    .selectFrom("software")
    .select("title_id")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const { body } = await fleet.get<{ vulnerabilities: { cve: string }[] }>(
    `/hosts/${fleet.hosts.two}/vulnerabilities?software_title_id=${title_id}`,
  );
  expect(body.vulnerabilities.map(({ cve }) => cve)).toEqual([LODASH]);
});
