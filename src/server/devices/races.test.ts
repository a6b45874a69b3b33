import { afterEach, beforeEach, expect, test } from "vitest";
import { readonly } from "#server/database/pools.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { clearForgottenHosts } from "#server/inventory/remove-host-software.ts";
import { HostGoneError } from "#server/inventory/link-host.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { deleteHosts } from "./delete-hosts.ts";
import { beginRefetch, completeRefetch, refetchSourcesArrived, requestRefetch } from "./request-refetch.ts";
import { SeenBuffer } from "./seen-buffer.ts";
import { updateHostDetails } from "./update-host-details.ts";

let fixture: DevicesFixture;
beforeEach(async () => {
  fixture = await devicesFixture();
});
afterEach(() => fixture.close());

/** What may be answered to an agent or a person whose host is deleted at the same moment. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof HostGoneError || (typeof error === "object" && error !== null && "status" in error && error.status === 404)
  );
}

test("whatever happens to the same hosts at once: nothing waits crosswise, nothing fails, nothing is left over", async () => {
  const { db, log, metrics } = fixture;
  const seen = new SeenBuffer(fixture, 60_000);
  const ingest = { db, replica: readonly(db), log, metrics: createIngestMetrics(metrics) };
  const hardware = (i: number) => ({ uuid: "", hardware_serial: `SERIAL-${i % 3}`, hostname: `h${i % 3}` });
  const enroll = (i: number, agent: "osquery" | "muster") =>
    fixture.enroll({ agent, identifier: `${agent}-${i % 3}`, hardware: hardware(i) });
  const errors: unknown[] = [];
  for (let round = 0; round < 12; round++) {
    const hosts = (await Promise.all([0, 1, 2].map((i) => enroll(i, "osquery")))).map((e) => e.host_id);
    const [a = 0, b = 0, c = 0] = hosts;
    const entries = [`tool-${round}`, "bash"].map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version: "1" }));
    const work = hosts.flatMap((id, i) => {
      const session = { host_id: id, agent: "osquery" as const, refetch_sources: ["deb_packages"] };
      seen.seen(id, { reported: true, agent: "osquery" });
      return [
        enroll(i, "muster"),
        enroll(i, "osquery"),
        updateHostDetails(fixture, id, { memory: round, os_name: "Ubuntu", os_version: String(round), platform: "ubuntu" }),
        requestRefetch(fixture, id),
        beginRefetch(fixture, session, ["deb_packages"]),
        refetchSourcesArrived(fixture, session, ["deb_packages"]),
        completeRefetch(fixture, id),
        ingestReport(ingest, id, [{ source: "deb_packages", ok: true, entries }]),
        seen.flush(),
      ];
    });
    const deletions = [deleteHosts(fixture, [c, a], null), deleteHosts(fixture, [a, b, c], null)];
    const results = await Promise.allSettled<unknown>([...work, ...deletions]);
    errors.push(...results.filter((r) => r.status === "rejected").map((r) => r.reason as unknown));
  }
  expect(errors.filter((error) => !isExpected(error))).toEqual([]);
  const left = await db.selectFrom("hosts").select("id").execute();
  await deleteHosts(
    fixture,
    left.map((h) => h.id),
    null,
  );
  // what a report brought just before its host was deleted is cleared away in the background
  await clearForgottenHosts(db);
  for (const table of ["hosts", "host_enrollments", "host_seen_times", "host_software", "host_software_sources"] as const) {
    expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
  }
  expect(await fixture.metrics.text()).not.toContain("muster_seen_flush_failures_total");
});
