import { expect, test } from "vitest";
import { fakeServer, runCommand } from "#test/support/cli-io.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const LAST_PAGE = { has_next_results: false, has_previous_results: false };
const RULE = {
  id: 2,
  name: "Servers \u001b[31m",
  enabled: true,
  channel: "webhook",
  conditions: { min_severity: "high", label_id: 3 },
  url: "https://chat.example.com/hook",
  recipients: [],
};
const DELIVERY = {
  id: 17,
  rule_id: 2,
  vulnerabilities_count: 4,
  state: "failed",
  attempts: 16,
  error: "The receiver answered 503.",
  created_at: "2026-11-01T10:00:00.000Z",
  next_attempt_at: null,
};

test("a rule is made of what was said, and its secret is shown once", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ rule: RULE, signing_secret: "s3cret" }));
  const argv = ["notifications", "create", "Servers", "--webhook", RULE.url, "--min-severity", "high", "--label", "3"];
  const made = await runCommand([...argv, "--source", "programs", "apps", "--batch-seconds", "60"], { fetch, env: ENV });
  expect(requests[0]?.body).toEqual({
    name: "Servers",
    channel: "webhook",
    url: RULE.url,
    conditions: { min_severity: "high", label_id: 3, sources: ["programs", "apps"] },
    batch_seconds: 60,
  });
  expect(made.stdout).toBe("Rule 2 tells of high or worse, label 3.\nSigning secret: s3cret\n");
  const nobody = await runCommand(["notifications", "create", "Servers", "--kev"], { fetch, env: ENV });
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("--webhook") as string]);
  expect(requests).toHaveLength(1);
});

test("rules and messages are listed without control characters", async () => {
  const { fetch, requests } = fakeServer(({ url }) =>
    Response.json(
      url.pathname.endsWith("/notification_rules") ? { rules: [RULE] } : { count: 1, deliveries: [DELIVERY], meta: LAST_PAGE },
    ),
  );
  const rules = await runCommand(["notifications", "rules", "--wide"], { fetch, env: ENV });
  expect(rules.stdout).toMatch(/2 +Servers .* +yes +high or worse, label 3 +https:\/\/chat\.example\.com\/hook/);
  expect(rules.stdout).not.toContain("\u001b");
  const argv = ["notifications", "deliveries", "--rule", "2", "--state", "failed", "--wide"];
  const deliveries = await runCommand(argv, { fetch, env: ENV });
  expect(deliveries.stdout).toMatch(/17 +2 .*failed +16 +4 .*answered 503/);
  const asked = Object.fromEntries(requests.at(-1)?.url.searchParams ?? []);
  expect(asked).toMatchObject({ rule_id: "2", state: "failed", order_direction: "desc" });
});

test("a test and a replay say which message to look for", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ delivery: { ...DELIVERY, id: 18 } }));
  const tried = await runCommand(["notifications", "test", "2"], { fetch, env: ENV });
  expect(tried.stdout).toBe("Message 18 is on its way.\n");
  const again = await runCommand(["notifications", "replay", "17"], { fetch, env: ENV });
  expect(again.stdout).toBe("Message 17 is sent again as message 18.\n");
  expect(requests.map(({ url }) => url.pathname)).toEqual([
    expect.stringMatching(/\/notification_rules\/2\/test$/),
    expect.stringMatching(/\/notification_deliveries\/17\/replay$/),
  ]);
});

test("a rule is switched off and on, and deleted", async () => {
  const { fetch, requests } = fakeServer(({ method }) =>
    Response.json(method === "DELETE" ? {} : { rule: { id: 3, name: "Exploited" } }),
  );
  const run = async (...argv: string[]) => await runCommand(["notifications", ...argv], { fetch, env: ENV });
  expect((await run("disable", "3")).stdout).toContain("Rule 3, Exploited, is off.");
  expect((await run("enable", "3")).stdout).toContain("Rule 3, Exploited, is on.");
  expect((await run("delete", "3")).stdout).toContain("Rule 3 is deleted.");
  expect(requests.map(({ method }) => method)).toEqual(["PATCH", "PATCH", "DELETE"]);
  expect((await run("delete", "third")).code).toBe(2);
});
