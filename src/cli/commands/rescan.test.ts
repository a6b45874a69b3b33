import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const RESCAN = { id: 4, requested_at: "2026-11-21T10:00:00.000Z", finished_at: null, subjects_matched: 0, subjects_count: 30 };
const ENDED = { ...RESCAN, finished_at: "2026-11-21T10:00:01.000Z", subjects_matched: 30 };

test("a rescan is asked for once and waited for, with its progress", async () => {
  const answers = [{ ...RESCAN, subjects_matched: 10 }, ENDED];
  const { fetch, requests } = fakeServer((request) =>
    Response.json(
      { rescan: request.method === "POST" ? RESCAN : answers.shift() },
      { status: request.method === "POST" ? 202 : 200 },
    ),
  );
  const done = await runCommand(["vulnerabilities", "rescan"], { fetch, env: ENV });
  expect(done.code).toBe(0);
  expect(requests.map(({ method, url }) => `${method} ${url.pathname.replace(/^.*\/fleet/, "")}`)).toEqual([
    "POST /vulnerabilities/rescan",
    "GET /vulnerabilities/rescans/4",
    "GET /vulnerabilities/rescans/4",
  ]);
  expect(done.stderr).toContain("waiting for the matching");
  expect(done.stderr).toContain("matching again: 10 of 30");
  expect(done.stderr + done.stdout).toContain("30 subjects matched again.");
});

test("without waiting it ends at once", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ rescan: RESCAN }, { status: 202 }));
  const done = await runCommand(["vulnerabilities", "rescan", "--no-wait"], { fetch, env: ENV });
  expect(requests).toHaveLength(1);
  expect(done.stderr + done.stdout).toContain("Rescan 4 runs in the background.");
});
