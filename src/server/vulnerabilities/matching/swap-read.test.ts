import { afterAll, beforeAll, expect, test } from "vitest";
import { openAssessedFleet, type AssessedFleet } from "#test/support/assessed-fleet.ts";
import { entryOf } from "#test/support/inventory.ts";
import { debRange } from "#test/support/vulnerability-ranges.ts";

/** What people and programs read by the endpoints while the database is given another generation of a feed. */

interface Row {
  cve: string;
  resolved_in_version: string | null;
}

const CVES = Array.from({ length: 30 }, (_, i) => `CVE-2030-${1000 + i}`);
/** Those of one generation: the first twenty, or the last twenty. */
const GENERATIONS = [CVES.slice(0, 20), CVES.slice(10)];

let fleet: AssessedFleet;
let host: number;

beforeAll(async () => {
  fleet = await openAssessedFleet();
  host = await fleet.host();
  await fleet.report(host, "deb_packages", [entryOf("deb_packages", { name: "swap", version: "1" })]);
});
afterAll(async () => fleet.close());

async function swap(generation: number): Promise<void> {
  const cves = GENERATIONS[generation % 2] ?? [];
  await fleet.feed("swap", {
    "deb:debian:12 swap": cves.map((vulnerability) => debRange({ vulnerability, fixed: `${generation + 2}` })),
  });
  await fleet.settle();
}

/** Tells by which generation every row is; throws where one is of none, or rows are of several. */
function generationOf(rows: readonly Row[]): number {
  const fixes = new Set(rows.map((row) => row.resolved_in_version));
  expect([...fixes]).toHaveLength(1);
  const generation = Number([...fixes][0]) - 2;
  expect(rows.map(({ cve }) => cve).toSorted()).toEqual(GENERATIONS[generation % 2]);
  return generation;
}

async function readHost(): Promise<number> {
  const path = `/hosts/${host}/vulnerabilities?per_page=100&order_key=cve`;
  const { status, body } = await fleet.get<{ vulnerabilities: Row[] }>(path);
  expect(status).toBe(200);
  return generationOf(body.vulnerabilities);
}

async function readVersion(): Promise<number> {
  const { status, body } = await fleet.get<{ software: { vulnerabilities: Row[] } }>(
    `/software/versions/${await fleet.softwareId("swap")}`,
  );
  expect(status).toBe(200);
  return generationOf(body.software.vulnerabilities);
}

/** The list shows counts, which follow the findings in steps: each row is so by one of two generations, and what is in both is always there. */
async function readList(): Promise<number> {
  const { status, body } = await fleet.get<{ vulnerabilities: { cve: string; hosts_count: number }[] }>(
    "/vulnerabilities?per_page=100&query=CVE-2030",
  );
  expect(status).toBe(200);
  const rows = body.vulnerabilities;
  const cves = rows.map(({ cve }) => cve);
  expect(new Set(cves).size).toBe(rows.length);
  expect(cves).toEqual(expect.arrayContaining(CVES.slice(10, 20)));
  for (const { cve, hosts_count } of rows) expect([CVES.includes(cve), hosts_count]).toEqual([true, 1]);
  return rows.length;
}

test("whoever reads lists while a feed is swapped and matched again is told of the generation before or after, and never an error", async () => {
  await swap(0);
  expect([await readHost(), await readVersion(), await readList()]).toEqual([0, 0, 20]);
  let swapping = true;
  const seen = { host: new Set<number>(), version: new Set<number>(), list: new Set<number>() };
  const reading = async (name: keyof typeof seen, read: () => Promise<number>): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- reads until the swaps are over
    while (swapping) seen[name].add(await read());
  };
  const readers = Promise.all([reading("host", readHost), reading("version", readVersion), reading("list", readList)]);
  try {
    // oxlint-disable-next-line no-await-in-loop -- one swap after the other
    for (const generation of [1, 2, 3, 4, 5, 6]) await swap(generation);
  } finally {
    swapping = false;
    await readers;
  }
  expect([await readHost(), await readVersion(), await readList()]).toEqual([6, 6, 20]);
  expect([...seen.host].length).toBeGreaterThan(1);
  expect([...seen.version].length).toBeGreaterThan(1);
  expect([...seen.list].length).toBeGreaterThan(0);
});
