import { expect, test } from "vitest";
import { compareVersions, VersionComparer, versionOrder } from "./orders.ts";

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

test("the comparer says the same as a single comparison, and keeps no more than it was told to", () => {
  const comparer = new VersionComparer(3);
  const versions = ["1.0", "1.0~rc1", "not one", "2:0.1", "1.0+b1", "1.0-1"];
  for (const a of versions) {
    for (const b of versions) expect(comparer.compare("dpkg", a, b)).toBe(compareVersions("dpkg", a, b));
  }
  const parsed = comparer.parse("rpm", "1.0-1");
  expect(comparer.parse("rpm", "1.0-1")).toBe(parsed);
  for (const version of ["1.0-2", "1.0-3", "1.0-4"]) comparer.parse("rpm", version);
  expect(comparer.parse("rpm", "1.0-1")).not.toBe(parsed);
  expect(comparer.compare("rpm", "1.0-1", "9:1.0-2", { epoch_known: false })).toBe(-1);
});

test("a version of one scheme may be none of another", () => {
  expect(versionOrder("windows").parse("1.0~rc1")).toBeNull();
  expect(versionOrder("dpkg").parse("1.0~rc1")).not.toBeNull();
});
