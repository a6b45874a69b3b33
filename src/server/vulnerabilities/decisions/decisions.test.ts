import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reopeningReason } from "#domain/vulnerability/judgement/decision.ts";
import type { Severity } from "#domain/vulnerability/model.ts";
import { newSubject, newVulnerability, openFinding } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { pageOf } from "../../http/paging.ts";
import { createDecision } from "./create-decision.ts";
import { DECISION_ORDER_KEYS } from "./decision-store.ts";
import { listDecisions, listSuppressions } from "./list-decisions.ts";
import { previewDecision } from "./preview-decision.ts";
import { reviewDecisions } from "./review-decisions.ts";
import { revokeDecision } from "./revoke-decision.ts";

let inventory: Inventory;
let time = new Date("2026-11-01T12:00:00Z");
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => time });
const admin = { user_id: 1, name: "Ada", email: "ada@example.org", api_only: false };
const page = pageOf({}, { orderKeys: DECISION_ORDER_KEYS, defaultKey: "id" });

beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  time = new Date();
  await sql`TRUNCATE findings, match_subjects, vulnerabilities, vulnerability_decisions, suppressions, exposure_queue, activities, hosts,
    software, software_titles CASCADE`.execute(db());
});

const zoom = (version: string) => entryOf("programs", { name: "Zoom", version });

/** Two hosts with two versions of one title, both with the vulnerability. */
async function twoVersions() {
  const hosts = [await inventory.newHost(), await inventory.newHost()] as const;
  await inventory.report(hosts[0], "programs", [zoom("1"), zoom("2")]);
  await inventory.report(hosts[1], "programs", [zoom("2")]);
  const vulnerability = await newVulnerability(db(), "CVE-2026-1", { severity: "high", epss: 0.1 });
  const subjects = [await newSubject(db(), zoom("1")), await newSubject(db(), zoom("2"))] as const;
  for (const subject of subjects) await openFinding(db(), subject, vulnerability);
  const { id: version, title_id: title } = await db()
    .selectFrom("software")
    .where("version", "=", "1")
    .select(["id", "title_id"])
    .executeTakeFirstOrThrow();
  return { hosts, vulnerability, subjects, version, title };
}

async function suppressed() {
  return db().selectFrom("suppressions").select(["subject_id", "host_id", "label_id", "kind"]).orderBy("subject_id").execute();
}

async function queued(): Promise<number[]> {
  const rows = await db().deleteFrom("exposure_queue").returning("vulnerability_id").execute();
  return rows.map((row) => row.vulnerability_id);
}

async function activities(): Promise<string[]> {
  const rows = await db().selectFrom("activities").select("type").orderBy("id").execute();
  return rows.map((row) => row.type);
}

describe("a decision", () => {
  test("about one version suppresses that finding alone; it stays, and everybody sees who, why and until when", async () => {
    const { subjects, version, vulnerability } = await twoVersions();
    await queued();
    const body = { cve: "CVE-2026-1", software_version_id: version };
    expect(await previewDecision(deps(), body)).toMatchObject({ findings_count: 1, hosts_count: 1, suppressed_count: 0 });
    const expires_at = new Date(time.getTime() + 86_400_000).toISOString();
    const decision = await createDecision(deps(), { ...body, kind: "accepted_risk", reason: "no network", expires_at }, admin);
    expect(decision).toMatchObject({
      findings_count: 1,
      active: true,
      author_full_name: "Ada",
      software_version: { name: "Zoom 1" },
    });
    expect(await suppressed()).toEqual([{ subject_id: subjects[0], host_id: null, label_id: null, kind: "accepted_risk" }]);
    expect(await queued()).toEqual([vulnerability]);
    expect(await db().selectFrom("findings").selectAll().execute()).toHaveLength(2);
    expect((await listSuppressions(deps(), { cve: "CVE-2026-1" })).suppressions).toMatchObject([
      { kind: "accepted_risk", by: "Ada", reason: "no network", until: expires_at, name: "Zoom", version: "1" },
    ]);
    expect(await previewDecision(deps(), { cve: "CVE-2026-1" })).toMatchObject({
      findings_count: 2,
      hosts_count: 2,
      suppressed_count: 1,
    });
    expect(await activities()).toContain("created_vulnerability_decision");
  });

  test("about all versions of a title suppresses those that come later as well", async () => {
    const { hosts, vulnerability, title } = await twoVersions();
    const preview = await previewDecision(deps(), { cve: "CVE-2026-1", software_title_id: title });
    expect(preview.software.map(({ name, version }) => [name, version])).toEqual([
      ["Zoom", "1"],
      ["Zoom", "2"],
    ]);
    const made = await createDecision(
      deps(),
      { cve: "CVE-2026-1", software_title_id: title, kind: "false_positive", reason: "not this product" },
      admin,
    );
    expect(made.findings_count).toBe(2);
    await inventory.report(hosts[0], "programs", [zoom("3")]);
    await openFinding(db(), await newSubject(db(), zoom("3")), vulnerability);
    expect(await suppressed()).toHaveLength(3);
    const other = await newVulnerability(db(), "CVE-2026-2");
    await openFinding(db(), await subjectOf("3"), other);
    expect(await suppressed()).toHaveLength(3);
  });

  test("for one host or a label names it in what is suppressed", async () => {
    const { hosts } = await twoVersions();
    const label = await db()
      .insertInto("labels")
      .values({ name: "Lab", label_membership_type: "manual" })
      .returning("id")
      .executeTakeFirstOrThrow();
    await db().insertInto("label_membership").values({ label_id: label.id, host_id: hosts[1] }).execute();
    const body = { cve: "CVE-2026-1", kind: "accepted_risk", reason: "lab" } as const;
    expect(await previewDecision(deps(), { cve: "CVE-2026-1", host_id: hosts[0] })).toMatchObject({ hosts_count: 1 });
    expect(await previewDecision(deps(), { cve: "CVE-2026-1", label_id: label.id })).toMatchObject({ hosts_count: 1 });
    await createDecision(deps(), { ...body, host_id: hosts[0] }, admin);
    const made = await createDecision(deps(), { ...body, label_id: label.id }, admin);
    expect(made.label).toEqual({ id: label.id, name: "Lab" });
    expect((await suppressed()).map(({ host_id, label_id }) => [host_id, label_id])).toEqual(
      expect.arrayContaining([
        [hosts[0], null],
        [null, label.id],
      ]),
    );
  });

  test("ends when revoked: its findings are open again, it stays in the list, and cannot be revoked twice", async () => {
    const { vulnerability } = await twoVersions();
    const { id } = await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r" }, admin);
    await queued();
    const ended = await revokeDecision(deps(), id, "was wrong", admin);
    expect(ended).toMatchObject({
      active: false,
      ended_reason: "revoked",
      ended_by: "Ada",
      ended_note: "was wrong",
      findings_count: 0,
    });
    expect(await suppressed()).toEqual([]);
    expect(await queued()).toEqual([vulnerability]);
    expect((await listDecisions(deps(), { active: true }, page)).count).toBe(0);
    expect((await listDecisions(deps(), { cve: "CVE-2026-1", query: "r" }, page)).decisions).toHaveLength(1);
    await expect(revokeDecision(deps(), id, undefined, admin)).rejects.toMatchObject({ status: 409 });
    await expect(revokeDecision(deps(), 999_999, undefined, admin)).rejects.toMatchObject({ status: 404 });
    expect(await activities()).toContain("revoked_vulnerability_decision");
  });

  test("is refused for what does not exist, excludes each other, has passed or holds already", async () => {
    const { version, title, subjects, vulnerability } = await twoVersions();
    await db().updateTable("findings").set({ resolved_in_version: "3" }).where("subject_id", "=", subjects[0]).execute();
    const body = { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r" } as const;
    const wrong: [object, number, string][] = [
      [{ cve: "CVE-1999-1" }, 404, "cve"],
      [{ software_version_id: 999_999 }, 422, "software_version_id"],
      [{ software_version_id: version, software_title_id: title }, 422, "software_title_id"],
      [{ host_id: 999_999 }, 422, "host_id"],
      [{ host_id: 1, label_id: 1 }, 422, "label_id"],
      [{ expires_at: "2020-01-01T00:00:00Z" }, 422, "expires_at"],
      [{ reopen_fix: true }, 422, "reopen_fix"],
      [{ reopen_epss: 0.05 }, 422, "reopen_epss"],
    ];
    for (const [change, status, name] of wrong) {
      await expect(createDecision(deps(), { ...body, ...change }, admin)).rejects.toMatchObject({ status, errors: [{ name }] });
    }
    expect(await suppressed()).toEqual([]);
    expect(vulnerability).toBeGreaterThan(0);
  });

  test.each([
    ["expired", { expires_at: true }, {}],
    ["epss", { reopen_epss: 0.5 }, { epss: 0.6 }],
    ["kev", {}, { kev: JSON.stringify({ date_added: "2026-11-01", ransomware: false, source: "CISA" }) }],
    ["severity", { reopen_severity: true }, { severity: "critical" }],
    ["fix", { reopen_fix: true }, {}],
  ] as const)("ends by itself: %s", async (reason, conditions, change) => {
    const { vulnerability } = await twoVersions();
    const { expires_at, ...rest } = conditions as { expires_at?: true };
    const expiry = expires_at === undefined ? {} : { expires_at: new Date(time.getTime() + 60_000).toISOString() };
    await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", ...rest, ...expiry }, admin);
    expect(await reviewDecisions(deps())).toBe(0);
    if (Object.keys(change).length > 0)
      await db().updateTable("vulnerabilities").set(change).where("id", "=", vulnerability).execute();
    else if (reason === "fix") await db().updateTable("findings").set({ resolved_in_version: "9" }).execute();
    else time = new Date(time.getTime() + 120_000);
    expect(await reviewDecisions(deps())).toBe(1);
    expect((await listDecisions(deps(), {}, page)).decisions).toMatchObject([
      { active: false, ended_reason: reason, ended_by: null },
    ]);
    expect(await suppressed()).toEqual([]);
    expect(await activities()).toContain("reopened_vulnerability_decision");
    expect(await reviewDecisions(deps())).toBe(0);
  });
});

async function subjectOf(version: string): Promise<number> {
  const row = await db()
    .selectFrom("match_subjects as ms")
    .innerJoin("software as s", "s.id", "ms.software_id")
    .where("s.version", "=", version)
    .select("ms.id")
    .executeTakeFirstOrThrow();
  return row.id;
}

test("a decision never ends while nothing changed and its time has not come", () => {
  const present = fc.record({
    severity: fc.constantFrom<Severity>("unknown", "none", "low", "medium", "high", "critical"),
    epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    kev: fc.boolean(),
    fix_available: fc.boolean(),
  });
  const conditions = fc.record({
    expires_at: fc.constantFrom(null, "2027-01-01T00:00:00.000Z"),
    reopen_epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    reopen_kev: fc.boolean(),
    reopen_severity: fc.boolean(),
    reopen_fix: fc.boolean(),
  });
  fc.assert(
    fc.property(conditions, present, (given, facts) => {
      expect(reopeningReason(given, facts, facts, new Date("2026-12-31T23:59:59Z"))).toBeNull();
    }),
  );
});
