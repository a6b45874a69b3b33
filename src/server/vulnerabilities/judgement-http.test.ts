import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessApp, type AccessApp } from "#test/support/access-app.ts";
import { newSubject, newVulnerability, openFinding } from "#test/support/findings.ts";
import { entryOf, openInventory, type Inventory } from "#test/support/inventory.ts";
import { readConfig } from "../config.ts";
import { judgementJobs, judgementRoutes } from "./judgement-parts.ts";

const API = "/api/v1/fleet";
let inventory: Inventory;
let app: AccessApp;
let token = "";
const config = readConfig({ MUSTER_SECRET_KEYS: "a key of the tests that is long enough" });

beforeAll(async () => {
  inventory = await openInventory();
  app = await accessApp(inventory.database.db, { routes: (deps) => judgementRoutes({ ...deps, config }) });
  token = await app.setUp();
  const zoom = entryOf("programs", { name: "Zoom", version: "1" });
  await inventory.report(await inventory.newHost(), "programs", [zoom]);
  const subject = await newSubject(inventory.database.db, zoom);
  await openFinding(
    inventory.database.db,
    subject,
    await newVulnerability(inventory.database.db, "CVE-2026-1", { severity: "high" }),
  );
});
afterAll(async () => {
  await app.app.close();
  await inventory.database.close();
});

test("a decision is previewed, made, listed, shown with what it suppresses, and revoked", async () => {
  const body = { cve: "CVE-2026-1" };
  const preview = await app.call("POST", `${API}/vulnerability_decisions/preview`, { token, body });
  expect([preview.status, preview.body.findings_count, preview.body.hosts_count]).toEqual([200, 1, 1]);
  const made = await app.call("POST", `${API}/vulnerability_decisions`, {
    token,
    body: { ...body, kind: "false_positive", reason: "not this product" },
  });
  expect([made.status, made.body.decision.findings_count]).toEqual([200, 1]);
  const { id } = made.body.decision as { id: number };
  expect((await app.call("GET", `${API}/vulnerability_decisions?active=true`, { token })).body.count).toBe(1);
  expect((await app.call("GET", `${API}/vulnerability_decisions/${id}`, { token })).body.decision.reason).toBe(
    "not this product",
  );
  const shown = await app.call("GET", `${API}/vulnerability_suppressions?cve=CVE-2026-1`, { token });
  expect(shown.body.suppressions).toMatchObject([{ kind: "false_positive", decision_id: id, name: "Zoom" }]);
  const exported = await app.call("GET", `${API}/vex_documents/report?format=openvex`, { token });
  expect(exported.body.statements).toMatchObject([{ vulnerability: { name: "CVE-2026-1" }, status: "not_affected" }]);
  const revoked = await app.call("POST", `${API}/vulnerability_decisions/${id}/revoke`, { token, body: {} });
  expect([revoked.status, revoked.body.decision.ended_reason]).toEqual([200, "revoked"]);
});

test("hostile input is refused by the field, and nobody without a token gets anything", async () => {
  const wrong: [string, object][] = [
    ["kind", { cve: "CVE-2026-1", kind: "whatever", reason: "r" }],
    ["reason", { cve: "CVE-2026-1", kind: "accepted_risk", reason: "  " }],
    ["reason", { cve: "CVE-2026-1", kind: "accepted_risk", reason: "x".repeat(2001) }],
    ["reopen_epss", { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", reopen_epss: 2 }],
    ["owner", { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", owner: 1 }],
  ];
  for (const [name, body] of wrong) {
    const { status, body: answer } = await app.call("POST", `${API}/vulnerability_decisions`, { token, body });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(answer.errors)).toContain(name);
  }
  const vex = await app.call("POST", `${API}/vex_documents`, { token, body: { document: { statements: 1 } } });
  expect([vex.status, vex.body.errors[0].name]).toEqual([422, "document"]);
  for (const path of [
    "vulnerability_decisions",
    "vex_documents",
    "notification_rules",
    "vulnerabilities/fix_first",
    "vulnerabilities/sla",
  ]) {
    expect((await app.call("GET", `${API}/${path}`)).status).toBe(401);
  }
});

test("a document larger than other bodies may be is taken, and beyond its own limit refused", async () => {
  const statement = (impact_statement: string) => ({
    vulnerability: { name: "CVE-2026-1" },
    products: [{ "@id": "pkg:npm/zoom" }],
    status: "not_affected",
    impact_statement,
  });
  const document = {
    "@id": "large",
    author: "a",
    timestamp: "2026-01-01T00:00:00Z",
    statements: [statement("x".repeat(3_000_000))],
  };
  const taken = await app.call("POST", `${API}/vex_documents`, { token, body: { document } });
  expect([taken.status, taken.body.document?.statements_count]).toEqual([200, 1]);
  const larger = { ...document, statements: [statement("x".repeat(17_000_000))] };
  expect((await app.call("POST", `${API}/vex_documents`, { token, body: { document: larger } })).status).toBe(413);
  const { id } = taken.body.document as { id: number };
  expect((await app.call("DELETE", `${API}/vex_documents/${id}`, { token })).status).toBe(204);
});

test("limits, updates, rules and their log are served; a rule's secret is shown once and never logged", async () => {
  const sla = await app.call("PATCH", `${API}/vulnerabilities/sla`, { token, body: { critical_days: 3 } });
  expect(sla.body.settings).toMatchObject({ critical_days: 3, high_days: 30 });
  expect((await app.call("GET", `${API}/vulnerabilities/sla`, { token })).body.by_severity).toHaveLength(6);
  expect((await app.call("GET", `${API}/vulnerabilities/fix_first?per_page=5`, { token })).body).toMatchObject({
    count: 0,
    fixes: [],
  });
  expect((await app.call("GET", `${API}/vulnerabilities/CVE-2026-1/priority`, { token })).status).toBe(404);
  const rule = { name: "Hook", channel: "webhook", url: "https://hooks.example.org/x", conditions: { kev: true } };
  const made = await app.call("POST", `${API}/notification_rules`, { token, body: rule });
  const secret = made.body.signing_secret as string;
  expect([made.status, made.body.rule.signed, secret.length > 20]).toEqual([200, true, true]);
  const listed = await app.call("GET", `${API}/notification_rules`, { token });
  expect(JSON.stringify(listed.body)).not.toContain(secret);
  expect(app.logged()).not.toContain(secret);
  const { id } = made.body.rule as { id: number };
  const sent = await app.call("POST", `${API}/notification_rules/${id}/test`, { token });
  expect(sent.body.delivery).toMatchObject({ rule_id: id, state: "waiting", attempts: 0 });
  expect((await app.call("GET", `${API}/notification_deliveries?rule_id=${id}`, { token })).body.count).toBe(1);
  expect(
    (await app.call("PATCH", `${API}/notification_rules/${id}`, { token, body: { enabled: false } })).body.rule.enabled,
  ).toBe(false);
  expect((await app.call("DELETE", `${API}/notification_rules/${id}`, { token })).status).toBe(204);
  const { rows } = await sql<{ n: number }>`SELECT count(*)::integer AS n FROM notification_deliveries`.execute(
    inventory.database.db,
  );
  expect(rows[0]?.n).toBe(0);
});

test("its background work has names of its own and a rhythm", () => {
  const jobs = judgementJobs({ db: inventory.database.db, now: () => new Date(), config });
  expect(new Set(jobs.map((job) => job.name)).size).toBe(jobs.length);
  expect(jobs.every((job) => (job.everySeconds ?? 0) >= 10)).toBe(true);
});
