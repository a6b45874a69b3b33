import { afterAll, beforeAll, expect, test } from "vitest";
import { openAssessedFleet, type AssessedFleet } from "#test/support/assessed-fleet.ts";
import type { VulnerabilityRescan } from "#protocol/rest/vulnerability-rescans.ts";

let fleet: AssessedFleet;

beforeAll(async () => {
  fleet = await openAssessedFleet();
});
afterAll(async () => fleet.close());

async function request(token = "admin"): Promise<{ status: number; rescan: VulnerabilityRescan }> {
  const headers = { authorization: `Bearer ${token}` };
  const reply = await fleet.app.inject({ method: "POST", url: "/api/v1/fleet/vulnerabilities/rescan", headers });
  return { status: reply.statusCode, rescan: reply.json<{ rescan: VulnerabilityRescan }>().rescan };
}

test("a rescan is asked for, recorded, and tells how far it is", async () => {
  const { status, rescan } = await request();
  expect(status).toBe(202);
  expect(rescan).toMatchObject({ finished_at: null, subjects_matched: 0, subjects_count: 6 });
  // one that has not begun serves every request
  expect((await request()).rescan.id).toBe(rescan.id);
  const before = await fleet.findings();
  await fleet.settle();
  const { body } = await fleet.get<{ rescan: VulnerabilityRescan }>(`/vulnerabilities/rescans/${rescan.id}`);
  expect(body.rescan.subjects_matched).toBe(6);
  expect(body.rescan.finished_at).not.toBeNull();
  expect(await fleet.findings()).toEqual(before);
  const recorded = await fleet.matching.db.selectFrom("activities").select(["type", "details"]).execute();
  expect(recorded).toContainEqual({ type: "requested_vulnerability_rescan", details: { rescan_id: rescan.id } });
});

test("is refused without a login, and one that there is not is told so", async () => {
  expect((await request("wrong")).status).toBe(401);
  expect((await fleet.get("/vulnerabilities/rescans/99999")).status).toBe(404);
  expect((await fleet.get("/vulnerabilities/rescans/none")).status).toBe(400);
});
