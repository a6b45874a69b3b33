import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { updateHostDetails } from "../devices/update-host-details.ts";
import { createIngestMetrics } from "../inventory/ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../inventory/ingest-report.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { createLabel } from "./create-label.ts";
import { deleteLabel, deleteLabelByName } from "./delete-label.ts";
import type { LabelsDeps } from "./deps.ts";
import { evaluateLabels } from "./evaluate-labels.ts";
import { labelHost } from "./label-host.ts";
import { labelsOfHosts } from "./labels-of-hosts.ts";
import { listLabels, readLabel } from "./list-labels.ts";
import { previewLabel } from "./preview-label.ts";
import { changeLabelHosts, updateLabel } from "./update-label.ts";

let database: TestDatabase;
let deps: LabelsDeps;
let ingest: IngestDeps;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  deps = { db, replica: readonly(db), now: () => new Date() };
  ingest = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, operating_systems, software_titles, software, software_facts, host_software, host_software_history,
    software_count_changes, software_counts, software_title_counts, host_software_sources, host_seen_times, host_enrollments,
    label_membership, label_counts, label_software_counts, label_title_counts, label_host_changes CASCADE`.execute(database.db);
  await sql`DELETE FROM labels WHERE label_type = 'regular'`.execute(database.db);
});

/** A host that reported these facts. */
async function newHost(facts: Parameters<typeof updateHostDetails>[2]): Promise<number> {
  const { id } = await database.db.insertInto("hosts").values({ hostname: "" }).returning("id").executeTakeFirstOrThrow();
  await updateHostDetails(deps, id, facts);
  return id;
}

const UBUNTU = { platform: "ubuntu", os_name: "Ubuntu", os_version: "22.04.3 LTS" };
const MAC = { platform: "darwin", os_name: "macOS", os_version: "13.6" };

async function labelNamesOf(hostId: number): Promise<string[]> {
  return (await labelsOfHosts(readonly(database.db), [hostId])).get(hostId)?.map((label) => label.name) ?? [];
}

async function report(hostId: number, names: string[], version = "1.0"): Promise<void> {
  const entries = names.map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version }));
  await ingestReport(ingest, hostId, [{ source: "deb_packages", ok: true, entries }]);
}

async function labelOf(name: string, criteria: unknown): Promise<number> {
  return (await createLabel(deps, { name, criteria }, null)).label.id;
}

async function notes(): Promise<{ fields: string[] }[]> {
  return database.db.selectFrom("label_host_changes").select("fields").orderBy("id").execute();
}

describe("labels with criteria", () => {
  test("built-in labels follow the platform and the operating system", async () => {
    const ubuntu = await newHost(UBUNTU);
    const mac = await newHost(MAC);
    await evaluateLabels(database.db);
    expect(await labelNamesOf(ubuntu)).toEqual(["All Hosts", "All Linux", "Ubuntu Linux"]);
    expect(await labelNamesOf(mac)).toEqual(["All Hosts", "macOS"]);
    await updateHostDetails(deps, mac, { ...MAC, os_version: "14.1" });
    await evaluateLabels(database.db);
    expect(await labelNamesOf(mac)).toEqual(["All Hosts", "macOS", "macOS 14+ (Sonoma+)"]);
  });

  test("a new label finds its hosts; software that comes or goes moves its host in or out", async () => {
    const [a, b] = [await newHost(UBUNTU), await newHost(UBUNTU)];
    await report(a, ["nginx", "bash"]);
    await report(b, ["bash"]);
    const id = await labelOf("web servers", {
      all: [{ vital: "software", value: "nginx", operator: "at_least", version: "1.0" }],
    });
    expect((await readLabel(deps, id)).label).toMatchObject({ count: 0, evaluated_at: null });
    await evaluateLabels(database.db);
    expect((await readLabel(deps, id)).label).toMatchObject({ count: 1, evaluated_share: 1 });
    expect(await labelNamesOf(a)).toContain("web servers");
    await report(b, ["nginx"], "2.1");
    await report(a, ["nginx"], "0.9");
    await evaluateLabels(database.db);
    expect(await labelNamesOf(a)).not.toContain("web servers");
    expect(await labelNamesOf(b)).toContain("web servers");
  });

  test("only what labels mention is noted: free disk space and unmentioned software cause no evaluation", async () => {
    const host = await newHost(UBUNTU);
    await evaluateLabels(database.db);
    await updateHostDetails(deps, host, { ...UBUNTU, disk_total_bytes: 100e9, disk_available_bytes: 50e9, uptime_seconds: 9 });
    await report(host, ["bash"]);
    expect(await notes()).toEqual([]);
    await labelOf("shells", { vital: "software", value: "bash" });
    await report(host, ["bash", "zsh"]);
    await updateHostDetails(deps, host, { ...UBUNTU, hostname: "new-name", hardware_vendor: "Dell" });
    expect(await notes()).toEqual([{ fields: ["software"] }, { fields: ["hostname", "hardware_vendor"] }]);
  });

  test("edited criteria are in force at once for hosts that change, and soon for all", async () => {
    const [a, b] = [await newHost({ ...UBUNTU, hostname: "web-1" }), await newHost({ ...UBUNTU, hostname: "db-1" })];
    const id = await labelOf("tier", { vital: "hostname", operator: "starts_with", value: "web" });
    await evaluateLabels(database.db);
    await updateLabel(deps, id, { criteria: { vital: "hostname", operator: "starts_with", value: "db" } }, null);
    await evaluateLabels(database.db);
    expect([await labelNamesOf(a), await labelNamesOf(b)].map((names) => names.includes("tier"))).toEqual([false, true]);
  });

  test("a preview counts and shows hosts, and stores nothing", async () => {
    await newHost({ ...UBUNTU, hostname: "web-1" });
    await newHost({ ...MAC, hostname: "mac-1" });
    const preview = await previewLabel(deps, { vital: "platform_family", value: "linux" });
    expect(preview).toMatchObject({ count: 1, hosts_examined: 2, complete: true, hosts: [{ display_name: "web-1" }] });
    expect(await database.db.selectFrom("label_membership").select("host_id").execute()).toEqual([]);
    await expect(previewLabel(deps, { vital: "colour", value: "red" })).rejects.toMatchObject({ status: 422 });
  });
});

test("edits, check-ins and evaluations of two processes race; in the end every membership follows from facts and criteria", async () => {
  const hosts = await Promise.all(Array.from({ length: 12 }, (_, i) => newHost({ ...UBUNTU, hostname: `h${i}` })));
  const id = await labelOf("racing", { vital: "software", value: "p0" });
  const rule = (i: number): unknown =>
    i % 2 === 0 ? { vital: "software", value: `p${i % 3}` } : { vital: "hostname", value: `h${i % 12}` };
  for (let round = 0; round < 6; round++) {
    // oxlint-disable-next-line no-await-in-loop -- each round is a race of its own
    await Promise.all([
      ...hosts.map((host, i) => report(host, [`p${(i + round) % 4}`, "base"])),
      ...hosts.map((host, i) => updateHostDetails(deps, host, { ...UBUNTU, hostname: `h${(i + round) % 13}` })),
      updateLabel(deps, id, { criteria: rule(round) }, null),
      evaluateLabels(database.db),
      evaluateLabels(database.db),
    ]);
  }
  await evaluateLabels(database.db);
  const { label } = await readLabel(deps, id);
  expect(label.evaluated_at).not.toBeNull();
  const preview = await previewLabel(deps, label.criteria);
  const members = await database.db
    .selectFrom("label_membership")
    .where("label_id", "=", id)
    .select("host_id")
    .orderBy("host_id")
    .execute();
  expect(members.map((member) => member.host_id)).toEqual(preview.hosts.map((host) => host.id));
  expect(label.count).toBe(preview.count);
  expect(await notes()).toEqual([]);
});

describe("manual labels", () => {
  test("are made of hosts by serial, hostname, uuid or id; unknown names are told", async () => {
    const a = await newHost({ hostname: "Alpha", hardware_serial: "SERIAL-A" });
    const b = await newHost({ hostname: "beta", uuid: "b0e1c1c2-0000-4000-8000-000000000001" });
    const { label } = await createLabel(
      deps,
      { name: "  Pilots ", hosts: ["alpha", "B0E1C1C2-0000-4000-8000-000000000001"] },
      null,
    );
    expect(label).toMatchObject({ name: "Pilots", count: 2, label_membership_type: "manual", criteria: null });
    const refused = createLabel(deps, { name: "more", hosts: ["alpha", "nobody"] }, null);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      errors: [{ name: "hosts", reason: expect.stringContaining("nobody") }],
    });
    expect((await updateLabel(deps, label.id, { host_ids: [b] }, null)).label.count).toBe(1);
    expect(await changeLabelHosts(deps, label.id, { add: [a, b, 999_999_999], remove: [] }, null)).toEqual({
      added: 1,
      removed: 0,
    });
    await labelHost(deps, b, ["pilots"], false);
    expect(await labelNamesOf(b)).toEqual([]);
    expect((await readLabel(deps, label.id)).label.count).toBe(1);
  });

  test("what a label is not made for is refused, with nothing done", async () => {
    const host = await newHost(UBUNTU);
    const { label } = await createLabel(deps, { name: "hand" }, null);
    const rule = await labelOf("rule", { all: [] });
    const dynamic = (await createLabel(deps, { name: "sql", query: "SELECT 1", platform: "linux" }, null)).label;
    expect(dynamic).toMatchObject({ label_membership_type: "dynamic", query: "SELECT 1", platform: "linux" });
    const refused: [() => Promise<unknown>, number][] = [
      [() => createLabel(deps, { name: "HAND" }, null), 409],
      [() => createLabel(deps, { name: "  " }, null), 422],
      [() => createLabel(deps, { name: "two", query: "SELECT 1", criteria: { all: [] } }, null), 422],
      [() => createLabel(deps, { name: "p", platform: "linux" }, null), 422],
      [() => updateLabel(deps, label.id, { name: "Rule" }, null), 409],
      [() => updateLabel(deps, label.id, { criteria: { all: [] } }, null), 422],
      [() => updateLabel(deps, rule, { host_ids: [host] }, null), 422],
      [() => updateLabel(deps, 999_999, { name: "x" }, null), 404],
      [() => changeLabelHosts(deps, rule, { add: [host] }, null), 422],
      [() => changeLabelHosts(deps, label.id, { add: [host], remove: [host] }, null), 422],
      [() => labelHost(deps, host, ["hand", "rule"], true), 422],
      [() => labelHost(deps, host, ["hand", "none"], true), 422],
      [() => labelHost(deps, 999_999_999, ["hand"], true), 404],
      [() => deleteLabelByName(deps, "All Hosts", null), 422],
      [() => deleteLabelByName(deps, "nothing", null), 404],
    ];
    for (const [call, status] of refused) {
      // oxlint-disable-next-line no-await-in-loop
      await expect(call()).rejects.toMatchObject({ status });
    }
    expect(await labelNamesOf(host)).toEqual([]);
    const names = (await listLabels(deps, { label_type: "regular" }, LIST)).labels.map((l) => l.name);
    expect(names).toEqual(["hand", "rule", "sql"]);
  });

  test("a deleted label leaves nothing behind", async () => {
    const host = await newHost(UBUNTU);
    const { label } = await createLabel(deps, { name: "short-lived", host_ids: [host] }, null);
    await deleteLabel(deps, label.id, null);
    await listLabels(deps, {}, LIST);
    const { rows } = await sql`SELECT label_id FROM label_membership WHERE label_id = ${label.id}
      UNION ALL SELECT label_id FROM label_counts WHERE label_id = ${label.id}`.execute(database.db);
    expect(rows).toEqual([]);
  });
});

const LIST = { limit: 100, offset: 0, orderKey: "name", direction: "asc", after: null } as const;
