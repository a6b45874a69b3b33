import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const META = { has_next_results: false, has_previous_results: false };
const EVENT = {
  event: "updated",
  time: "2026-01-31T12:00:00.000Z",
  host: { id: 12, display_name: "web-01" },
  software_title_id: 7,
  source: "deb_packages",
  software: { id: 1, name: "bash", version: "5.2", release: "1" },
  next: { id: 2, name: "bash", version: "5.3" },
  installed_at: "2026-01-01T12:00:00.000Z",
  installed_by: "ada",
};

test("a device's history: found by name, filters reach the server, the change reaches the reader", async () => {
  const { fetch, requests } = fakeServer((request) =>
    request.url.pathname.endsWith("/history")
      ? Response.json({ events: [EVENT], first_reports: [], history_since: "2025-01-01T00:00:00.000Z", meta: META })
      : Response.json({ host: { id: 12 } }),
  );
  const line = ["get", "host-software-history", "web-01", "--event", "updated", "--since", "2026-01-01", "--until", "2026-01-31"];
  const { stdout, stderr, code } = await runCommand(line, { env: ENV, fetch });
  expect(code).toBe(0);
  const url = requests.at(-1)!.url;
  expect(url.pathname).toMatch(/\/hosts\/12\/software\/history$/);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    event: "updated",
    since: "2026-01-01T00:00:00.000Z",
    until: "2026-01-31T23:59:59.999Z",
    per_page: "100",
  });
  expect(stdout).toMatch(/2026-01-31 12:00:00Z +updated +bash +5\.2-1 +5\.3 +ada/);
  expect(stderr).toContain("History before 2025-01-01 00:00:00Z was deleted by retention.");
});

test("a title's history names the devices", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ events: [EVENT], history_since: null, meta: META }));
  const { stdout, code } = await runCommand(["get", "title-history", "7", "-q", "web", "--source", "apps"], { env: ENV, fetch });
  expect(code).toBe(0);
  expect(Object.fromEntries(requests[0]!.url.searchParams)).toEqual({ query: "web", source: "apps", per_page: "100" });
  expect(requests[0]!.url.pathname).toMatch(/\/software\/titles\/7\/history$/);
  expect(stdout).toMatch(/DEVICE +EVENT/);
  expect(stdout).toContain("web-01");
});

test("the holders of a title at a moment of the past", async () => {
  const host = {
    id: 12,
    display_name: "web-01",
    platform: "debian",
    versions: [{ id: 1, version: "5.2", installed_at: EVENT.time }],
  };
  const answer = { as_of: EVENT.time, history_since: null, count: 1, versions: [], hosts: [host], meta: META };
  const { fetch, requests } = fakeServer(() => Response.json(answer));
  const { stdout, code } = await runCommand(["get", "title-hosts", "7", "--as-of", "2026-01-31"], { env: ENV, fetch });
  expect(code).toBe(0);
  expect(requests[0]!.url.searchParams.get("as_of")).toBe("2026-01-31T23:59:59.999Z");
  expect(requests[0]!.url.searchParams.get("order_key")).toBe("id");
  expect(stdout).toMatch(/12 +web-01 +debian +5\.2 +2026-01-31/);
  await runCommand(["get", "title-hosts", "7", "-q", "web", "--order-by", "display_name", "--descending"], { env: ENV, fetch });
  expect(Object.fromEntries(requests[1]!.url.searchParams)).toEqual({
    query: "web",
    order_key: "display_name",
    order_direction: "desc",
    per_page: "100",
  });
});

test("software that is not opened, with the time of the count", async () => {
  const title = { id: 7, name: "Xcode", display_name: "Xcode", source: "apps", extension_for: "" };
  const counts = { hosts_count: 9, unused_hosts_count: 5, never_opened_hosts_count: 2, unknown_hosts_count: 1 };
  const answer = { counts_updated_at: EVENT.time, count: 1, unused_software: [{ ...title, ...counts }], meta: META };
  const { fetch, requests } = fakeServer(() => Response.json(answer));
  const { stdout, stderr, code } = await runCommand(["get", "unused-software", "--days", "180"], { env: ENV, fetch });
  expect(code).toBe(0);
  expect(Object.fromEntries(requests[0]!.url.searchParams)).toEqual({
    days: "180",
    order_key: "unused_hosts_count",
    order_direction: "desc",
    per_page: "100",
  });
  await runCommand(["get", "unused-software", "--order-by", "name"], { env: ENV, fetch });
  expect(requests[1]!.url.search).toContain("order_key=name&order_direction=asc");
  expect(stdout).toMatch(/7 +Xcode +Application \(macOS\) +5 +2 +1 +9/);
  expect(stderr).toContain("Counted 2026-01-31 12:00:00Z.");
});

test("a day that is none and a number of days that is none are refused before anything is asked", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({}));
  const day = await runCommand(["get", "title-hosts", "7", "--as-of", "2026-02-30"], { env: ENV, fetch });
  expect(day.stderr).toContain("It must be a day (2026-01-31, UTC) or a time");
  const days = await runCommand(["get", "unused-software", "--days", "0"], { env: ENV, fetch });
  expect(days.stderr).toContain("It must be a whole number of days from 1 to 3650.");
  expect([day.code, days.code].every((code) => code !== 0)).toBe(true);
  expect(requests).toEqual([]);
});
