import { expect, test } from "vitest";
import { compareVersions, versionOrder } from "./orders.ts";

test("an rpm whose epoch is not known is compared without epochs", () => {
  expect(compareVersions("rpm", "1.1.1k-5.el8", "1:1.1.1k-12.el8")).toBe(-1);
  expect(compareVersions("rpm", "1.1.1k-12.el8", "1:1.1.1k-5.el8")).toBe(-1);
  expect(compareVersions("rpm", "1.1.1k-12.el8", "1:1.1.1k-5.el8", { epoch_known: false })).toBe(1);
  expect(compareVersions("rpm", "1.1.1k-12.el8", "1:1.1.1k-12.el8", { epoch_known: false })).toBe(0);
  expect(compareVersions("rpm", "1.1.1k-12.el8", "1:1.1.1k-5.el8", { epoch_known: true })).toBe(-1);
});

test("an rpm without release is the same as any release of its version", () => {
  expect(compareVersions("rpm", "1.0", "1.0-5.el9")).toBe(0);
  expect(compareVersions("rpm", "1:1.0", "1.0-5.el9", { epoch_known: false })).toBe(0);
  expect(compareVersions("rpm", "1.1", "1.0-5.el9")).toBe(1);
});

test("an rpm is parsed once for comparisons with and without epochs", () => {
  const [a, b] = ["1.0-2", "1:1.0-1"].map((text) => versionOrder("rpm").parse(text));
  expect(versionOrder("rpm").compare(a, b)).toBe(-1);
  expect(versionOrder("rpm", { epoch_known: false }).compare(a, b)).toBe(1);
});

test("what is not known of an epoch concerns rpm only", () => {
  expect(compareVersions("dpkg", "1:1.0", "2.0", { epoch_known: false })).toBe(1);
});

test("a version of one scheme may be none of another", () => {
  expect(versionOrder("windows").parse("1.0~rc1")).toBeNull();
  expect(versionOrder("dpkg").parse("1.0~rc1")).not.toBeNull();
});
