import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newSubject, newVulnerability, openFinding } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { settleCounts } from "../../inventory/settle-counts.ts";
import { explainPriority } from "./explain-priority.ts";
import { readSla } from "./read-sla.ts";
import { slaSettings, updateSlaSettings } from "./sla-settings.ts";
import { countFixTimes } from "./count-fix-times.ts";
import { runningShares, usedShares } from "./used-store.ts";

let inventory: Inventory;
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date() });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const DAY_MS = 86_400_000;

beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`TRUNCATE findings, match_subjects, vulnerabilities, vulnerability_exposures, exposure_queue, fix_times, server_settings,
    software_title_openings, host_software_history, hosts, software, software_titles CASCADE`.execute(db());
});

const zoom = entryOf("programs", { name: "Zoom", version: "1" });

async function exposed(cve: string, facts: { severity?: "critical" | "high"; kev?: boolean } = {}, due_at: Date | null = null) {
  const id = await newVulnerability(db(), cve, { severity: "high", ...facts });
  const row = { vulnerability_id: id, cve, severity: facts.severity ?? "high", cvss_score: null, epss: null };
  await db()
    .insertInto("vulnerability_exposures")
    .values({ ...row, kev: facts.kev ?? false, first_seen: new Date(), hosts_count: 1, states: ["affected"], due_at })
    .execute();
  return id;
}

test("limits have defaults, change one by one, are audited, and every clock follows", async () => {
  const id = await exposed("CVE-2026-1");
  expect(await slaSettings(db())).toMatchObject({ known_exploited_days: 7, critical_days: 15, high_days: 30 });
  expect(await updateSlaSettings(deps(), { high_days: 10 }, admin)).toMatchObject({ critical_days: 15, high_days: 10 });
  const stored = await db().selectFrom("vulnerability_exposures").select(["vulnerability_id", "due_at"]).execute();
  const { due_at, due_rule, overdue } = await explainPriority(deps(), "CVE-2026-1");
  expect([due_rule, overdue]).toEqual(["high_days", false]);
  expect(stored).toEqual([{ vulnerability_id: id, due_at: new Date(due_at ?? "") }]);
  expect(Math.round((Date.parse(due_at ?? "") - Date.now()) / DAY_MS)).toBe(10);
});

test("what is open, overdue and due soon is counted by severity", async () => {
  const at = (days: number) => new Date(Date.now() + days * DAY_MS);
  await exposed("CVE-2026-1", { severity: "critical" }, at(-1));
  await exposed("CVE-2026-2", { severity: "critical" }, at(3));
  await exposed("CVE-2026-3", { severity: "high" }, at(20));
  const { by_severity } = await readSla(deps());
  expect(by_severity.find((row) => row.severity === "critical")).toMatchObject({
    open_count: 2,
    overdue_count: 1,
    due_soon_count: 1,
  });
  expect(by_severity.find((row) => row.severity === "high")).toMatchObject({
    open_count: 1,
    overdue_count: 0,
    due_soon_count: 0,
  });
});

test("the time to fix goes from when a host had the finding until it no longer held the software", async () => {
  const host = await inventory.newHost();
  await inventory.report(host, "programs", [zoom]);
  await openFinding(db(), await newSubject(db(), zoom), await newVulnerability(db(), "CVE-2026-1", { severity: "high" }));
  const hours = (count: number) => new Date(Date.now() - count * 3_600_000);
  await db()
    .updateTable("findings")
    .set({ opened_at: hours(10) })
    .execute();
  await db()
    .updateTable("host_software")
    .set({ created_at: hours(50) })
    .execute();
  await inventory.report(host, "programs", [entryOf("programs", { name: "Zoom", version: "2" })]);
  expect(await countFixTimes(deps(), 30)).toBe(31);
  // days that are over are not counted again
  expect(await countFixTimes(deps(), 30)).toBe(1);
  const { by_severity } = await readSla(deps());
  const high = by_severity.find((row) => row.severity === "high");
  expect(high?.fixed_count).toBe(1);
  expect(Math.round((high?.median_fix_seconds ?? 0) / 3600)).toBe(10);
});

test("why it comes first is told in words; what nobody has is not found", async () => {
  await exposed("CVE-2026-1", { kev: true });
  await inventory.newHost();
  const answer = await explainPriority(deps(), "CVE-2026-1");
  expect(answer.priority).toBeGreaterThan(50);
  expect(answer.reasons.map((reason) => reason.text)).toContain("known to be exploited");
  expect(answer.due_rule).toBe("known_exploited_days");
  await expect(explainPriority(deps(), "CVE-2026-9")).rejects.toMatchObject({ status: 404 });
});

test("use is the part of hosts that opened it lately; of kernels, the part that runs the one that is vulnerable", async () => {
  await inventory.report(await inventory.newHost(), "programs", [zoom]);
  const id = await newVulnerability(db(), "CVE-2026-1");
  await openFinding(db(), await newSubject(db(), zoom), id);
  expect(await usedShares(db(), [id], new Date())).toEqual(new Map());
  const { title_id } = await db().selectFrom("software").select("title_id").executeTakeFirstOrThrow();
  const day = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
  const rows = [
    { title_id, opening: "opened", since: day(1), hosts_count: 3 },
    { title_id, opening: "opened", since: day(60), hosts_count: 1 },
    { title_id, opening: "unknown", since: day(1), hosts_count: 90 },
  ];
  await db().insertInto("software_title_openings").values(rows).execute();
  expect(await usedShares(db(), [id], new Date())).toEqual(new Map([[id, 0.75]]));

  const kernel = entryOf("deb_packages", { name: "linux-image-6.1.0-18-amd64", version: "6.1.76-1", arch: "amd64" });
  const system = { name: "Debian", version: "12", arch: "x86_64", platform: "debian" };
  for (const kernel_version of ["6.1.0-18-amd64", "6.1.0-21-amd64"]) {
    const host = await inventory.newHost();
    await inventory.report(host, "deb_packages", [kernel]);
    const os = await db()
      .insertInto("operating_systems")
      .values({ ...system, kernel_version })
      .returning("id")
      .executeTakeFirstOrThrow();
    await db().updateTable("hosts").set({ operating_system_id: os.id }).where("id", "=", host).execute();
  }
  await settleCounts(db());
  const other = await newVulnerability(db(), "CVE-2026-2");
  await openFinding(db(), await newSubject(db(), kernel, "debian:12"), other);
  expect(await runningShares(db(), [id, other])).toEqual(new Map([[other, 0.5]]));
});
