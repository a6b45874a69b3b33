import { describe, expect, test } from "vitest";
import { compareVersions } from "#domain/version/orders.ts";
import { versionsBeforeFix } from "./minor-streams.ts";

function lacksFix(version: string, main: string[], others: string[]): boolean {
  return versionsBeforeFix(main, others).some(
    ({ introduced, fixed }) =>
      (introduced === undefined || compareVersions("rpm", version, introduced)! >= 0) &&
      compareVersions("rpm", version, fixed)! < 0,
  );
}

describe("fixes in several minor streams", () => {
  const kernel = [["5.14.0-427.16.1.el9_4"], ["5.14.0-70.101.1.el9_0", "5.14.0-284.62.1.el9_2"]] as const;

  test.each([
    ["5.14.0-70.100.1.el9_0", true],
    ["5.14.0-70.101.1.el9_0", false],
    ["5.14.0-70.120.1.el9_0", false],
    ["5.14.0-162.6.1.el9_1", true],
    ["5.14.0-284.61.1.el9_2", true],
    ["5.14.0-284.62.1.el9_2", false],
    ["5.14.0-362.8.1.el9_3", true],
    ["5.14.0-427.16.1.el9_4", false],
    ["5.14.0-503.1.1.el9_5", false],
  ])("kernel %s lacks it: %s", (version, lacks) => {
    expect(lacksFix(version, [...kernel[0]], [...kernel[1]])).toBe(lacks);
  });

  test.each([
    ["7.76.1-23.el9_2.3", true],
    ["7.76.1-23.el9_2.4", false],
    ["7.76.1-26.el9", true],
    ["7.76.1-26.el9_3.2", false],
    ["7.76.1-29.el9_4", false],
  ])("curl %s, where the main stream moved on, lacks it: %s", (version, lacks) => {
    expect(lacksFix(version, ["7.76.1-23.el9_2.4", "7.76.1-26.el9_3.2"], ["7.76.1-14.el9_0.9"])).toBe(lacks);
  });

  test.each([
    ["1:0.78-11.module+el8.2.0+23234+854d7c34.1", false],
    ["1:0.78-11.module+el8.2.0+21000+aaaaaaaa", true],
    ["1:0.78-11.module+el8.9.0+21000+aaaaaaaa", true],
    ["1:0.78-12.module+el8.10.0+23147+20b7d289", false],
  ])("a module's build %s lacks it: %s", (version, lacks) => {
    expect(lacksFix(version, ["1:0.78-12.module+el8.10.0+23147+20b7d289"], ["1:0.78-11.module+el8.2.0+23234+854d7c34.1"])).toBe(
      lacks,
    );
  });

  test("without a fix in the main stream nothing is said", () => {
    expect(versionsBeforeFix([], ["1-1.el9_0"])).toEqual([]);
  });
});
