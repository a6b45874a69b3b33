import { expect, test } from "vitest";
import type { NotificationRule } from "#protocol/rest/notifications.ts";
import { bodyOf, fieldsOf, missingOf, NEW_RULE } from "./rule-form.ts";

const WEBHOOK = { ...NEW_RULE, name: " Security ", url: "https://hooks.example.org/1 " };

test("a webhook is told with its address, an e-mail with its recipients, and neither with the other's", () => {
  expect(bodyOf(WEBHOOK)).toEqual({
    name: "Security",
    enabled: true,
    conditions: { min_severity: "high" },
    batch_seconds: 300,
    url: "https://hooks.example.org/1",
    payload: "muster",
    allow_private_addresses: false,
  });
  const email = bodyOf({
    ...NEW_RULE,
    name: "Mail",
    channel: "email",
    recipients: "a@example.org, b@example.org\nc@example.org",
  });
  expect(email).toMatchObject({ recipients: ["a@example.org", "b@example.org", "c@example.org"] });
  expect(email).not.toHaveProperty("url");
});

test("conditions that are not asked are left out; EPSS is typed in per cent", () => {
  const fields = {
    ...WEBHOOK,
    min_severity: undefined,
    min_epss: "12.5",
    kev: true,
    label_id: 3,
    sources: "apps,programs",
    states: "affected",
  };
  expect(bodyOf(fields).conditions).toEqual({
    min_epss: 0.125,
    kev: true,
    label_id: 3,
    sources: ["apps", "programs"],
    states: ["affected"],
  });
});

test("a rule that exists reads back as it was typed, without its secret", () => {
  const rule: NotificationRule = {
    id: 1,
    name: "Security",
    enabled: false,
    channel: "webhook",
    conditions: { min_epss: 0.07, kev: true, sources: ["apps"] },
    url: "https://hooks.example.org/1",
    payload: "fleet",
    allow_private_addresses: true,
    signed: true,
    recipients: [],
    batch_seconds: 90,
    author_full_name: "Ada",
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
  const fields = fieldsOf(rule);
  expect(fields).toMatchObject({ min_epss: "7", batch: "1.5", sources: "apps", signing_secret: "", enabled: false });
  expect(bodyOf(fields)).toMatchObject({ conditions: rule.conditions, batch_seconds: 90, payload: "fleet", enabled: false });
  expect(bodyOf(fields)).not.toHaveProperty("signing_secret");
});

test.each([
  [{ name: " " }, "Name the rule first"],
  [{ url: "ftp://x" }, "Enter an address that begins with https://"],
  [{ channel: "email" }, "Enter at least one e-mail address"],
  [{ min_epss: "101" }, "EPSS is a number from 0 to 100"],
  [{ batch: "1441" }, "Minutes are a number from 0 to 1440"],
] as const)("%j cannot be saved", (change, words) => {
  expect(missingOf({ ...WEBHOOK, ...change })).toBe(words);
  expect(missingOf(WEBHOOK)).toBeUndefined();
});
