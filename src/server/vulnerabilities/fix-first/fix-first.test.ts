import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { clearingVersion } from "#domain/vulnerability/judgement/clearing-versions.ts";
import { FIX_ORDER_KEYS } from "#protocol/rest/vulnerability-judgement.ts";
import { newSubject, newVulnerability, openFinding, scopeId } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { pageOf } from "../../http/paging.ts";
import { createDecision } from "../decisions/create-decision.ts";
import { listFixes } from "./list-fixes.ts";
import { refreshFixQueue, remakeFixQueue } from "./refresh-fix-queue.ts";

let inventory: Inventory;
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date() });
const page = pageOf({}, { orderKeys: FIX_ORDER_KEYS, defaultKey: "risk", defaultDirection: "desc" });

beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`TRUNCATE findings, match_subjects, vulnerabilities, vulnerability_exposures, vulnerability_decisions, suppressions, fix_queue,
    server_settings, hosts, software, software_titles CASCADE`.execute(db());
});

const zoom = (version: string) => entryOf("programs", { name: "Zoom", version });
const deb = (name: string) => ({
  ...entryOf("deb_packages", { name, version: "3.0.2-0ubuntu1.10", arch: "amd64" }),
  facts: { source_package: "openssl", source_version: "3.0.2-0ubuntu1.10" },
});

/** A host whose operating system is of this scope. */
async function hostOf(scope: string): Promise<number> {
  const id = await inventory.newHost();
  const [platform = "", version = ""] = scope.split(":");
  const os_scope_id = await scopeId(db(), scope);
  const system = { name: platform, version: `${version} ${id}`, arch: "x86_64", platform, kernel_version: "", os_scope_id };
  const os = await db().insertInto("operating_systems").values(system).returning("id").executeTakeFirstOrThrow();
  await db().updateTable("hosts").set({ operating_system_id: os.id }).where("id", "=", id).execute();
  return id;
}

async function vulnerability(cve: string, priority: number, kev = false): Promise<number> {
  const id = await newVulnerability(db(), cve, { severity: "high", kev });
  const row = { vulnerability_id: id, cve, severity: "high", cvss_score: null, epss: null, kev, first_seen: new Date() };
  await db()
    .insertInto("vulnerability_exposures")
    .values({ ...row, priority, counted_at: new Date() })
    .execute();
  return id;
}

/** The queue after everything was looked at anew, as after a load. */
async function fixes() {
  await remakeFixQueue(deps());
  return listFixes(deps(), {}, page);
}

test("findings of one title are one update to the newest version that they need; the update that clears most comes first", async () => {
  for (const host of [await hostOf("windows"), await hostOf("windows"), await hostOf("windows")]) {
    await inventory.report(host, "programs", [zoom("1")]);
  }
  await inventory.report(await hostOf("ubuntu:22.04"), "deb_packages", [deb("libssl3"), deb("openssl")]);
  const key = { ecosystem: "cpe", package: "zoom:zoom", name_kind: "cpe", version: "1", scheme: "generic" } as const;
  const subject = await newSubject(db(), zoom("1"), "windows", [key]);
  await openFinding(db(), subject, await vulnerability("CVE-2026-1", 10), { resolved_in_version: "9.0" });
  await openFinding(db(), subject, await vulnerability("CVE-2026-2", 80, true), { resolved_in_version: "10.0" });
  await openFinding(db(), subject, await vulnerability("CVE-2026-3", 90), { state: "unfixed" });
  const ssl = await vulnerability("CVE-2026-4", 20);
  const scheme = {
    ecosystem: "deb:ubuntu:22.04",
    package: "openssl",
    name_kind: "source",
    version: "x",
    scheme: "dpkg",
  } as const;
  for (const name of ["libssl3", "openssl"]) {
    await openFinding(db(), await newSubject(db(), deb(name), "ubuntu:22.04", [scheme]), ssl, {
      resolved_in_version: "3.0.2-0ubuntu1.15",
    });
  }
  const { fixes: queue, count } = await fixes();
  expect(count).toBe(2);
  expect(queue).toMatchObject([
    {
      name: "Zoom",
      os_scope: "windows",
      resolved_in_version: "10.0",
      risk: 270,
      hosts_count: 3,
      vulnerabilities_count: 2,
      known_exploited_count: 1,
      software_count: 1,
      priority: 80,
      cves: ["CVE-2026-2", "CVE-2026-1"],
    },
    {
      name: "openssl",
      source_package: "openssl",
      os_scope: "ubuntu:22.04",
      resolved_in_version: "3.0.2-0ubuntu1.15",
      hosts_count: 1,
      vulnerabilities_count: 1,
      software_count: 2,
    },
  ]);
  expect((await listFixes(deps(), { known_exploited: true }, page)).fixes.map((fix) => fix.name)).toEqual(["Zoom"]);
  expect((await listFixes(deps(), { query: "SSL", os_scope: "ubuntu:22.04" }, page)).count).toBe(1);
  expect((await listFixes(deps(), { source: "apps" }, page)).count).toBe(0);
  const one = pageOf({ per_page: 1 }, { orderKeys: FIX_ORDER_KEYS, defaultKey: "risk", defaultDirection: "desc" });
  const first = await listFixes(deps(), {}, one);
  const next = pageOf(
    { per_page: 1, order_key: "risk", order_direction: "desc", after: first.meta.next_cursor ?? "" },
    { orderKeys: FIX_ORDER_KEYS },
  );
  expect((await listFixes(deps(), {}, next)).fixes.map((fix) => fix.name)).toEqual(["openssl"]);
});

test("what is suppressed everywhere is no reason to update, and nothing is counted while nothing changed", async () => {
  await inventory.report(await hostOf("windows"), "programs", [zoom("1")]);
  await openFinding(db(), await newSubject(db(), zoom("1"), "windows"), await vulnerability("CVE-2026-1", 10), {
    resolved_in_version: "2",
  });
  expect((await fixes()).count).toBe(1);
  expect(await refreshFixQueue(deps())).toEqual({ changes: 0, fixes: 0 });
  await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r" }, null);
  expect((await fixes()).count).toBe(0);
});

test("a prerelease is never what to update to", async () => {
  const python = entryOf("programs", { name: "Python", version: "3.14.1" });
  await inventory.report(await hostOf("windows"), "programs", [python]);
  const subject = await newSubject(db(), python, "windows");
  await openFinding(db(), subject, await vulnerability("CVE-2026-1", 90), { resolved_in_version: "3.15.0a6" });
  expect((await fixes()).count).toBe(0);
  await openFinding(db(), subject, await vulnerability("CVE-2026-2", 10), { resolved_in_version: "3.14.2" });
  expect((await fixes()).fixes).toMatchObject([{ resolved_in_version: "3.14.2", hosts_count: 1, cves: ["CVE-2026-2"] }]);
});

test("the version that clears all is the newest that any part needs, by the scheme's order", () => {
  expect(clearingVersion("generic", ["9.0", "10.0", "2"])).toBe("10.0");
  expect(clearingVersion("dpkg", ["1.0~rc1", "1.0"])).toBe("1.0");
  expect(clearingVersion("generic", [])).toBeNull();
});
