import { expect, test } from "vitest";
import { commandsFor, vulnerabilityEntries } from "./entries.ts";

test("every typed word must be found, in any order", () => {
  expect(commandsFor("device add").map((c) => c.id)).toEqual(["add-device"]);
  expect(commandsFor("enroll new").map((c) => c.id)).toEqual(["add-device"]);
  expect(commandsFor("no such thing")).toEqual([]);
});

test("nothing typed shows every page and command", () => {
  expect(commandsFor("").length).toBeGreaterThan(15);
});

test("an id that is typed whole opens its page, also where nothing here has it", () => {
  const [entry] = vulnerabilityEntries("cve-2024-3094", []);
  expect(entry).toMatchObject({ label: "CVE-2024-3094", href: "/vulnerabilities/CVE-2024-3094" });
  expect(vulnerabilityEntries("ghsa-35JH-r3h4-6jhm", []).map((e) => e.label)).toEqual(["GHSA-35jh-r3h4-6jhm"]);
  expect(vulnerabilityEntries("openssl", [])).toEqual([]);
});
