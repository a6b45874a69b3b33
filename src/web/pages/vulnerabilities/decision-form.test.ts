import { expect, test } from "vitest";
import { aboutOptions, EMPTY_FORM, requestOfForm, scopeOfForm } from "./decision-form.ts";
import type { VulnerabilityAnswer } from "./affected-tab.tsx";

const CVE = "CVE-2024-6387";
const software = (id: number, title: number, name: string, version: string) => ({ id, software_title_id: title, name, version });
const answer = {
  software: [software(1, 7, "sshd", "9.2"), software(2, 7, "sshd", "9.3"), software(2, 7, "sshd", "9.3")],
  os_versions: [{ os_version_id: 4, name: "Windows 11 23H2" }],
} as unknown as VulnerabilityAnswer;

test("a title and a version are offered once each, whatever kinds of host hold them", () => {
  expect(aboutOptions(answer)).toEqual([
    { value: "any", label: "Whatever has it" },
    { value: "title-7", label: "All versions of sshd" },
    { value: "software-1", label: "Only sshd 9.2" },
    { value: "software-2", label: "Only sshd 9.3" },
    { value: "system-4", label: "Only Windows 11 23H2" },
  ]);
});

test("the scope names what was chosen, and waits for a label or a device", () => {
  expect(scopeOfForm(CVE, EMPTY_FORM)).toEqual({ cve: CVE });
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, about: "title-7" })).toEqual({ cve: CVE, software_title_id: 7 });
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, about: "software-2" })).toEqual({ cve: CVE, software_version_id: 2 });
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, about: "system-4" })).toEqual({ cve: CVE, os_version_id: 4 });
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, where: "label" })).toBeUndefined();
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, where: "label", label_id: 3 })).toEqual({ cve: CVE, label_id: 3 });
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, where: "device", host: { id: 9, name: "web-1" } })).toEqual({ cve: CVE, host_id: 9 });
  // what was chosen before the place changed does not count
  expect(scopeOfForm(CVE, { ...EMPTY_FORM, where: "all", label_id: 3, host: { id: 9, name: "web-1" } })).toEqual({ cve: CVE });
});

test("a decision needs a reason, and EPSS is typed in per cent", () => {
  expect(requestOfForm(CVE, { ...EMPTY_FORM, reason: "  " })).toEqual({ gap: "Say why first" });
  expect(requestOfForm(CVE, { ...EMPTY_FORM, where: "device", reason: "why" })).toEqual({ gap: "Choose a device first" });
  expect(requestOfForm(CVE, { ...EMPTY_FORM, reason: "why", reopen_epss: "120" })).toHaveProperty("gap");
  expect(requestOfForm(CVE, { ...EMPTY_FORM, reason: " why ", expires: "2027-01-31", reopen_epss: "12,5" })).toEqual({
    request: {
      cve: CVE,
      kind: "accepted_risk",
      reason: "why",
      expires_at: "2027-01-31T23:59:59Z",
      reopen_kev: true,
      reopen_severity: false,
      reopen_fix: false,
      reopen_epss: 0.125,
    },
  });
});
