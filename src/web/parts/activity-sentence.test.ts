import { expect, test } from "vitest";
import { ACTIVITY_TYPES } from "../search-activity.ts";
import { ACTIVITY_LABELS, activitySentence } from "./activity-sentence.ts";

const entry = (type: string, details: Record<string, unknown>, actor: string | null = "Ada") => ({
  id: 1,
  created_at: "2026-11-21T12:00:00Z",
  type,
  actor_id: null,
  actor_full_name: actor,
  actor_email: null,
  actor_gravatar: null,
  actor_api_only: null,
  fleet_initiated: actor === null,
  details,
});
const words = (...args: Parameters<typeof entry>) =>
  activitySentence(entry(...args))
    .map((p) => p.text)
    .join("");

test("entries read as sentences", () => {
  expect(words("fleet_enrolled", { host_id: 3, host_display_name: "mac-1", agent: "osquery" }, null)).toBe(
    "mac-1 enrolled with osquery",
  );
  expect(words("deleted_host", { host_display_name: "mac-1" })).toBe("Ada deleted the device mac-1");
  expect(words("user_logged_in", { public_ip: "192.0.2.1" })).toBe("Ada logged in from 192.0.2.1");
  expect(words("user_failed_login", { email: "x@example.org" }, null)).toBe("A login as x@example.org failed");
  const decision = { kind: "accepted_risk", cve: "CVE-2026-1", reason: "isolated", host: null };
  expect(words("created_vulnerability_decision", decision)).toBe("Ada accepted the risk of CVE-2026-1 (“isolated”)");
  expect(words("revoked_vulnerability_decision", { kind: "false_positive", cve: "CVE-2026-1", note: null })).toBe(
    "Ada revoked the false positive of CVE-2026-1",
  );
  expect(words("reopened_vulnerability_decision", { ...decision, reason: "kev" }, null)).toBe(
    "The accepted risk of CVE-2026-1 ended: it is known to be exploited now; its findings are open again",
  );
  expect(words("created_notification_rule", { rule_name: "Critical" })).toBe("Ada created the notification Critical");
  expect(words("something_new", {})).toBe("Ada: something new");
});

test("a device that still exists is linked", () => {
  expect(activitySentence(entry("fleet_enrolled", { host_id: 3, host_display_name: "mac-1" }))[0]?.host_id).toBe(3);
});

test("details of the wrong kind do not break the sentence", () => {
  expect(words("fleet_enrolled", { host_id: "3", host_display_name: 7 }, null)).toBe("A device enrolled");
});

test("every type has a label", () => {
  expect(Object.keys(ACTIVITY_LABELS).toSorted()).toEqual([...ACTIVITY_TYPES].toSorted());
});
